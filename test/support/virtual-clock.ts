import type { Clock } from '../../shared/ports/clock.ts';

interface Sleeper {
  readonly atMs: number;
  readonly order: number;
  wake(): void;
}

const START_MS = Date.UTC(2026, 0, 15, 12);

/** A turn of the event loop: all promises that can go on without time have gone on by then. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A clock that stands until a test moves it. Chance is what the test says, ids count up. */
export class VirtualClock implements Clock {
  /** What `random` answers. */
  chance = 0.5;
  readonly #sleepers = new Set<Sleeper>();
  #nowMs: number;
  #orders = 0;
  #ids = 0;

  constructor(startMs = START_MS) {
    this.#nowMs = startMs;
  }

  now(): Date {
    return new Date(this.#nowMs);
  }

  monotonicMs(): number {
    return this.#nowMs - START_MS;
  }

  random(): number {
    return this.chance;
  }

  /** Version 7 in form; later ones sort after earlier ones. */
  uuid(): string {
    const count = (++this.#ids).toString(16).padStart(12, '0');
    const time = this.#nowMs.toString(16).padStart(12, '0');
    return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${count}`;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const wake = (): void => {
        this.#sleepers.delete(sleeper);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const sleeper: Sleeper = { atMs: this.#nowMs + Math.max(ms, 0), order: this.#orders++, wake };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', wake, { once: true });
    });
  }

  /** Those that wait for time. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  /** Moves the clock; whoever sleeps wakes in the order of time, and goes as far as it can before the next one wakes. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await settled();
    for (let next = this.#first(); next && next.atMs <= untilMs; next = this.#first()) await this.#wake(next);
    this.#nowMs = untilMs;
    await settled();
  }

  /** Moves the clock from one sleeper to the next until the condition holds. @throws Error after `withinMs` of its time. */
  async advanceUntil(what: string, isTrue: () => boolean | Promise<boolean>, withinMs = 60_000): Promise<void> {
    const untilMs = this.#nowMs + withinMs;
    await settled();
    while (!(await isTrue())) {
      const next = this.#first();
      if (!next || next.atMs > untilMs) throw new Error(`Not within ${withinMs} ms of virtual time: ${what}`);
      await this.#wake(next);
    }
  }

  #first(): Sleeper | undefined {
    let first: Sleeper | undefined;
    for (const one of this.#sleepers)
      if (!first || one.atMs < first.atMs || (one.atMs === first.atMs && one.order < first.order)) first = one;
    return first;
  }

  async #wake(sleeper: Sleeper): Promise<void> {
    this.#nowMs = Math.max(this.#nowMs, sleeper.atMs);
    sleeper.wake();
    await settled();
  }
}
