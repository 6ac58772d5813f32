import { readFile } from 'node:fs/promises';

const SAMPLE_MS = 50;

/** Highest resident memory of a process so far, MiB, as the kernel counts it; 0 when the process is gone. */
async function peakMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Math.ceil(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1_024);
}

/** Follows the peak of a process that may end at any time. */
export class PeakMemory {
  readonly #pid: number;
  readonly #timer: NodeJS.Timeout;
  #peak = 0;

  constructor(pid: number) {
    this.#pid = pid;
    this.#timer = setInterval(() => void this.#look(), SAMPLE_MS);
  }

  /** @returns MiB; 0 when it was never seen. */
  async stop(): Promise<number> {
    clearInterval(this.#timer);
    await this.#look();
    return this.#peak;
  }

  async #look(): Promise<void> {
    this.#peak = Math.max(this.#peak, await peakMb(this.#pid));
  }
}
