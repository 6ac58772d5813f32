import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

const READY_MS = 60_000;
const STOP_MS = 10_000;

/** A contender's part in a process of its own, so that its CPU time is counted by itself. */
export class WorkerProcess {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Starts a compiled module that calls `runWorker`, with this configuration. Resolves when it is ready. */
  static async start(module: URL, config: object): Promise<WorkerProcess> {
    const child = fork(module, [JSON.stringify(config)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const worker = new WorkerProcess(child);
    const signal = AbortSignal.timeout(READY_MS);
    const ended = once(child, 'exit', { signal }).then(() => Promise.reject(new Error(`${module.pathname} ended before it was ready.`)));
    await Promise.race([once(child, 'message', { signal }), ended]).catch(async (error: unknown) => {
      await worker.stop();
      throw error;
    });
    ended.catch(() => undefined);
    return worker;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Lets it end; kills it after 10 s. Safe twice. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS);
    if (this.#child.connected) this.#child.disconnect();
    await ended;
    clearTimeout(timer);
  }
}

/** Starts a worker for each stage at the same time. @returns name → worker. */
export async function startStageWorkers(
  module: URL,
  configOf: (stage: 'p1' | 'p2') => object,
): Promise<Record<'p1' | 'p2', WorkerProcess>> {
  const [p1, p2] = await Promise.all([WorkerProcess.start(module, configOf('p1')), WorkerProcess.start(module, configOf('p2'))]);
  return { p1, p2 };
}

/**
 * The other side: runs `start` with the configuration given, says that it is ready, and ends when the bench disconnects,
 * also when that was killed.
 */
export async function runWorker<T>(start: (config: T) => Promise<() => Promise<void>>): Promise<void> {
  const stop = await start(JSON.parse(process.argv[2] ?? '{}') as T);
  process.once('disconnect', () => {
    setTimeout(() => process.exit(1), STOP_MS / 2).unref();
    stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  });
  process.send?.('ready');
}
