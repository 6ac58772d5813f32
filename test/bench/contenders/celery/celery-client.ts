import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { BenchJob } from '../../suite/contender.ts';

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** A Python process that submits what it is told on its standard input. */
export class CeleryClient {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: Interface;
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;

  private constructor(child: ChildProcessByStdio<Writable, Readable, null>) {
    this.#child = child;
    this.#lines = createInterface(child.stdout);
  }

  static async start(program: string, env: NodeJS.ProcessEnv): Promise<CeleryClient> {
    const client = new CeleryClient(spawn('python3', [program], { env, stdio: ['pipe', 'pipe', 'inherit'] }));
    const ended = once(client.#child, 'exit').then(() => Promise.reject(new Error("Celery's client ended.")));
    await Promise.race([once(client.#lines, 'line'), ended]);
    ended.catch((error: Error) => {
      for (const { reject } of client.#waiting.values()) reject(error);
    });
    client.#lines.on('line', (line) => client.#answer(JSON.parse(line)));
    return client;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Resolves when the broker has confirmed them all. */
  submit(jobs: readonly BenchJob[]): Promise<void> {
    const id = this.#next++;
    this.#child.stdin.write(`${JSON.stringify({ id, jobs })}\n`);
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  #answer({ id, error }: { readonly id: number; readonly error?: string }): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.resolve();
    else waiting?.reject(new Error(error));
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.stdin.end();
    await ended;
  }
}
