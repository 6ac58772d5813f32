import { MAX_WARNINGS } from './limits.ts';
import type { ProgressMeter } from './progress-meter.ts';

/** Sentences for the reader of the report; repeated ones are kept once, at most 50. */
export class Warnings {
  readonly #sentences = new Set<string>();
  #dropped = 0;

  add(sentence: string): void {
    if (this.#sentences.size < MAX_WARNINGS || this.#sentences.has(sentence)) this.#sentences.add(sentence);
    else this.#dropped += 1;
  }

  list(): string[] {
    return [...this.#sentences, ...(this.#dropped > 0 ? [`${this.#dropped} further warnings are not shown.`] : [])];
  }
}

/** What every step of one report shares. */
export interface ReportContext {
  /** Folder of this run, removed at its end. */
  readonly workDir: string;
  readonly signal: AbortSignal;
  readonly meter: ProgressMeter;
  readonly warnings: Warnings;
}
