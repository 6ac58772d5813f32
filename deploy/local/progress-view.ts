const BAR_WIDTH = 30;

/** Where progress is shown: a terminal, or a plain stream such as a CI log. */
export interface ProgressOutput {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Shows a job's status and progress: a bar that is redrawn in a terminal, elsewhere a line at each change. */
export class ProgressView {
  readonly #output: ProgressOutput;
  readonly #now: () => number;
  readonly #startedAt: number;
  #last = '';

  constructor(output: ProgressOutput, now: () => number = Date.now) {
    this.#output = output;
    this.#now = now;
    this.#startedAt = now();
  }

  show(status: string, progress: number): void {
    const seconds = ((this.#now() - this.#startedAt) / 1_000).toFixed(1);
    if (this.#output.isTTY) {
      const filled = Math.round((Math.min(Math.max(progress, 0), 100) / 100) * BAR_WIDTH);
      const bar = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled);
      this.#output.write(`\r\x1b[2K  ${bar} ${String(progress).padStart(3)} %  ${status}  ${seconds} s`);
      return;
    }
    const state = `${String(progress).padStart(3)} %  ${status}`;
    if (state !== this.#last) this.#output.write(`  ${state}  ${seconds} s\n`);
    this.#last = state;
  }

  end(): void {
    if (this.#output.isTTY) this.#output.write('\n');
  }
}
