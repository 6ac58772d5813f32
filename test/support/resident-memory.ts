import { readFileSync } from 'node:fs';
import type { TestSystem } from './test-system.ts';

const SAMPLE_MS = 250;
const KIB_IN_MIB = 1_024;

/** Resident memory of a process, MiB; 0 when it is gone. */
export function residentMb(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / KIB_IN_MIB;
  } catch {
    return 0;
  }
}

/** Follows the resident memory of all services of a system until told to end. */
export class ResidentMemory {
  readonly #system: TestSystem;
  readonly #peaks = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;

  constructor(system: TestSystem) {
    this.#system = system;
    this.#timer = setInterval(() => this.#look(), SAMPLE_MS);
  }

  /** @returns the highest MiB seen, by name of the process. */
  end(): Readonly<Record<string, number>> {
    clearInterval(this.#timer);
    this.#look();
    return Object.fromEntries(this.#peaks);
  }

  #look(): void {
    for (const { name, pid } of this.#system.system.processes)
      this.#peaks.set(name, Math.max(this.#peaks.get(name) ?? 0, Math.round(residentMb(pid))));
  }
}
