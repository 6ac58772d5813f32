import { fold } from './draws.ts';
import type { Timeline } from './timeline.ts';

/** What happened, as a hash, and as lines where they are wanted. */
export class Trace {
  readonly lines: string[] = [];
  readonly #timeline: Timeline;
  readonly #startMs: number;
  readonly #isKept: boolean;
  #hash = 0x811c9dc5;

  constructor(timeline: Timeline, isKept: boolean) {
    this.#timeline = timeline;
    this.#startMs = timeline.nowMs;
    this.#isKept = isKept;
  }

  get hash(): string {
    return this.#hash.toString(16).padStart(8, '0');
  }

  /** Virtual ms since the start. */
  get sinceStartMs(): number {
    return this.#timeline.nowMs - this.#startMs;
  }

  /** @param detail asked for only where lines are kept. */
  note(who: string, what: string, detail?: () => string): void {
    const atMs = this.sinceStartMs;
    this.#hash = fold(fold(this.#hash ^ atMs, who), what);
    if (!this.#isKept) return;
    const more = detail ? ` ${detail()}` : '';
    this.lines.push(`${(atMs / 1_000).toFixed(3).padStart(9)}  ${who.padEnd(14)} ${what}${more}`);
  }
}
