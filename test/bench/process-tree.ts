import { readdirSync, readFileSync } from 'node:fs';

interface Seen {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
  /** Highest resident memory so far, MiB. */
  readonly peakMb: number;
}

function look(pid: number): Seen | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, 2).join(' ');
    const number = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
    return { pid, parent: number('PPid'), command, peakMb: Math.ceil(number('VmHWM') / 1_024) };
  } catch {
    return undefined;
  }
}

/** Follows the highest resident memory of some processes and of all that they start. */
export class ProcessTree {
  readonly #roots: () => ReadonlyMap<number, string>;
  readonly #peaks = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;

  /** @param roots process id → name, asked anew at each look. */
  constructor(roots: () => ReadonlyMap<number, string>, everyMs = 100) {
    this.#roots = roots;
    this.#timer = setInterval(() => this.#look(), everyMs);
  }

  /** @returns MiB by name; a child is `<parent>/<pid>`. */
  stop(): ReadonlyMap<string, number> {
    clearInterval(this.#timer);
    this.#look();
    return this.#peaks;
  }

  #look(): void {
    const names = new Map(this.#roots());
    const all = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((pid) => look(Number(pid)) ?? []);
    // Parents have smaller ids than their children, but for a wrap of the counter: that child shows at the next look.
    for (const { pid, parent, peakMb } of all) {
      const above = names.get(parent);
      if (above !== undefined && !names.has(pid)) names.set(pid, `${above}/${pid}`);
      const name = names.get(pid);
      if (name !== undefined) this.#peaks.set(name, Math.max(this.#peaks.get(name) ?? 0, peakMb));
    }
  }
}
