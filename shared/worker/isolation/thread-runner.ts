import { MessageChannel } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { Outcome, StageTask } from '../../ports/stage-handler.ts';
import { crashedOutcome, memoryOutcome, stoppedOutcome } from './handler-error.ts';
import { type HandlerRunner, STOP_GRACE_MS } from './handler-runner.ts';
import type { ThreadTask } from './thread-host.ts';

const IDLE_MS = 10_000;

/** Runs handlers in worker threads with one heap limit; a thread that does not stop when told is terminated. */
export class ThreadRunner implements HandlerRunner {
  readonly #pool: Piscina;
  readonly #memoryMb: number;

  /** @param memoryMb JS heap of a thread, MiB; buffers and native memory are not limited (docs/decisions.md). */
  constructor(memoryMb: number, maxThreads: number) {
    this.#memoryMb = memoryMb;
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    this.#pool = new Piscina({
      filename: new URL(`./thread-host.${extension}`, import.meta.url).href,
      minThreads: 0,
      maxThreads,
      idleTimeout: IDLE_MS,
      concurrentTasksPerWorker: 1,
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: memoryMb },
    });
  }

  async run(module: string, task: StageTask, signal: AbortSignal, progress: (fraction: number) => void): Promise<Outcome> {
    const { port1, port2 } = new MessageChannel();
    const terminate = new AbortController();
    let grace: NodeJS.Timeout | undefined;
    const stop = () => {
      port1.postMessage(String(signal.reason));
      grace = setTimeout(() => terminate.abort(), STOP_GRACE_MS);
    };
    port1.on('message', progress);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    try {
      const given: ThreadTask = { module, task, port: port2 };
      return await this.#pool.run(given, { transferList: [port2], signal: terminate.signal });
    } catch (error) {
      return signal.aborted ? stoppedOutcome(signal.reason) : this.#endedOutcome(error);
    } finally {
      clearTimeout(grace);
      signal.removeEventListener('abort', stop);
      port1.close();
    }
  }

  async stop(): Promise<void> {
    await this.#pool.destroy();
  }

  #endedOutcome(error: unknown): Outcome {
    if ((error as { code?: string }).code === 'ERR_WORKER_OUT_OF_MEMORY') return memoryOutcome(this.#memoryMb);
    return crashedOutcome(error instanceof Error ? error.message : String(error));
  }
}
