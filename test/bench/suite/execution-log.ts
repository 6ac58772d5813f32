import { appendFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const FLUSH_MS = 25;

/** What one process has executed: a number a line, a file a stage and process. The same for every contender. */
export class ExecutionLog {
  readonly #file: string;
  #pending: number[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(folder: string, stage: string) {
    this.#file = join(folder, `${stage}-${process.pid}`);
  }

  /** Notes that a stage of job `n` ran; written within 25 ms. */
  note(n: number): void {
    this.#pending.push(n);
    this.#timer ??= setTimeout(() => this.flush(), FLUSH_MS);
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#pending.length === 0) return;
    appendFileSync(this.#file, `${this.#pending.join('\n')}\n`);
    this.#pending = [];
  }
}

/** Stage → job → how often it ran. */
export type Executions = ReadonlyMap<string, ReadonlyMap<number, number>>;

/** What all processes have noted so far. */
export async function readExecutions(folder: string): Promise<Executions> {
  const stages = new Map<string, Map<number, number>>();
  for (const file of await readdir(folder)) {
    const stage = file.slice(0, file.indexOf('-'));
    const counts = stages.get(stage) ?? new Map<number, number>();
    stages.set(stage, counts);
    for (const line of (await readFile(join(folder, file), 'utf8')).split('\n').filter(Boolean)) {
      counts.set(Number(line), (counts.get(Number(line)) ?? 0) + 1);
    }
  }
  return stages;
}
