import { type ChildProcess, fork } from 'node:child_process';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Outcome, StageTask } from '../../ports/stage-handler.ts';
import { crashedOutcome, memoryOutcome, stoppedOutcome } from './handler-error.ts';
import { STOP_GRACE_MS } from './handler-runner.ts';
import { type FromChild, MEMORY_EXCEEDED, type ToChild, WATCHDOG_FD } from './process-messages.ts';

const STDERR_TAIL_CHARS = 2_000;
/** V8's own heap may take this share of the memory; the rest is for buffers and native code. */
const HEAP_SHARE = 0.7;
/** Variables that a handler sees: no address and no secret of the servers. */
const PASSED_ON = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'NODE_ENV', 'NODE_EXTRA_CA_CERTS'];

/** A child process that runs handlers, one at a time, and can always be ended. */
export class HandlerProcess {
  readonly #child: ChildProcess;
  readonly #memoryMb: number;
  readonly #exited: Promise<string>;
  #stderrTail = '';
  #overMemory = false;
  #onMessage: ((message: FromChild) => void) | undefined;
  tasksDone = 0;

  constructor(memoryMb: number) {
    this.#memoryMb = memoryMb;
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const host = fileURLToPath(new URL(`./process-host.${extension}`, import.meta.url));
    this.#child = fork(host, [String(process.pid), String(memoryMb * 1_048_576)], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc', 'pipe'],
      execArgv: [
        ...process.execArgv.filter((arg) => !arg.startsWith('--inspect')),
        `--max-old-space-size=${Math.floor(memoryMb * HEAP_SHARE)}`,
      ],
      // Glibc's per-thread arenas let resident memory grow far beyond what is in use.
      env: {
        ...Object.fromEntries(PASSED_ON.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]))),
        MALLOC_ARENA_MAX: '2',
      },
    });
    this.#exited = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => resolve(signal ? `signal ${signal}` : `exit code ${code}`));
      this.#child.once('error', (error) => resolve(error.message));
    });
    this.#child.on('message', (message: FromChild) => this.#onMessage?.(message));
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderrTail = (this.#stderrTail + text).slice(-STDERR_TAIL_CHARS);
    });
    (this.#child.stdio[WATCHDOG_FD] as Readable).on('data', (bytes: Buffer) => {
      this.#overMemory ||= bytes.includes(MEMORY_EXCEEDED);
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null && this.#child.connected;
  }

  /** What the handler wrote to its standard error lately; for the log, never for users. */
  get stderrTail(): string {
    return this.#stderrTail;
  }

  /** Runs one task. Never throws; after anything but an answer the process is ended. */
  async run(module: string, task: StageTask, signal: AbortSignal, progress: (fraction: number) => void): Promise<Outcome> {
    const answered = new Promise<Outcome>((resolve) => {
      this.#onMessage = (message) => {
        if (message.kind === 'progress') progress(message.fraction);
        else if (message.kind === 'outcome') resolve(message.outcome);
      };
    });
    const stop = () => this.#stopTask(String(signal.reason));
    signal.addEventListener('abort', stop, { once: true });
    try {
      if (signal.aborted) return stoppedOutcome(signal.reason);
      this.#send({ kind: 'run', module, task });
      return await Promise.race([answered, this.#exited.then((how) => this.#endedOutcome(how, signal))]);
    } finally {
      signal.removeEventListener('abort', stop);
      this.#onMessage = undefined;
      this.tasksDone += 1;
      if (signal.aborted) await this.end();
    }
  }

  /** Ends the process at once and waits for it. */
  async end(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGKILL');
    await this.#exited;
  }

  #stopTask(reason: string): void {
    this.#send({ kind: 'stop', reason });
    setTimeout(() => this.#child.kill('SIGKILL'), STOP_GRACE_MS).unref();
  }

  #send(message: ToChild): void {
    // A child that has just died answers through `exited`.
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  #endedOutcome(how: string, signal: AbortSignal): Outcome {
    if (signal.aborted) return stoppedOutcome(signal.reason);
    const outOfHeap = this.#stderrTail.includes('heap out of memory') || this.#stderrTail.includes('heap limit');
    return this.#overMemory || outOfHeap ? memoryOutcome(this.#memoryMb) : crashedOutcome(how);
  }
}
