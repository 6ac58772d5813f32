import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { BenchJob } from '../suite/contender.ts';

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** A process that is told on its standard input what to submit, and answers when it is accepted; it says a line when it is ready. */
export class LineClient {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: Interface;
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;

  private constructor(child: ChildProcessByStdio<Writable, Readable, null>) {
    this.#child = child;
    this.#lines = createInterface(child.stdout);
  }

  static async start(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<LineClient> {
    const client = new LineClient(spawn(command, args, { env, stdio: ['pipe', 'pipe', 'inherit'] }));
    const ended = once(client.#child, 'exit').then(() => Promise.reject(new Error(`${args[0]} ended.`)));
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

  /** Resolves when all are accepted. */
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
