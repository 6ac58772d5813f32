import type { Outside } from '../../ports/outside.ts';
import type { Outcome, StageTask } from '../../ports/stage-handler.ts';
import { checkedOutcome, stoppedOutcome, thrownOutcome } from './handler-error.ts';
import type { HandlerRunner } from './handler-runner.ts';
import { loadHandler } from './load-handler.ts';

/** Runs shipped handlers that wait for a dependency in the worker's own process, with a folder and files. */
export class OutsideRunner implements HandlerRunner {
  readonly #outside: Outside | undefined;

  constructor(outside: Outside | undefined) {
    this.#outside = outside;
  }

  async run(module: string, task: StageTask, signal: AbortSignal, progress: (fraction: number) => void): Promise<Outcome> {
    if (signal.aborted) return stoppedOutcome(signal.reason);
    try {
      const handle = await loadHandler(module);
      return checkedOutcome(await handle(task, { signal, progress, ...(this.#outside && { outside: this.#outside }) }));
    } catch (error) {
      return thrownOutcome(error);
    }
  }

  async stop(): Promise<void> {}
}
