import { readFileSync } from 'node:fs';

/** Resident memory at a moment of the caller's clock. */
export interface MemorySample {
  readonly atMs: number;
  readonly mb: number;
}

/** Process → its samples. */
export type MemorySeries = Readonly<Record<string, readonly MemorySample[]>>;

const KIB = 1_024;

/** Resident memory of a process, MB; undefined when it is gone. */
function residentMb(pid: number): number | undefined {
  try {
    return (Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * KIB) / 1e6;
  } catch {
    return undefined;
  }
}

/** Follows the resident memory of some processes, once a second. */
export class MemoryWatch {
  readonly #series: Record<string, MemorySample[]> = {};
  readonly #timer: NodeJS.Timeout;

  /** @param processes name → process id, asked anew each time. */
  constructor(processes: () => Readonly<Record<string, number>>, nowMs: () => number) {
    this.#timer = setInterval(() => {
      for (const [name, pid] of Object.entries(processes())) {
        const mb = residentMb(pid);
        if (mb !== undefined) (this.#series[name] ??= []).push({ atMs: nowMs(), mb });
      }
    }, 1_000);
  }

  stop(): MemorySeries {
    clearInterval(this.#timer);
    return this.#series;
  }
}
