import type { Outcome, StageTask } from '../../ports/stage-handler.ts';

/** Runs one task somewhere else. Never throws. */
export interface HandlerRunner {
  run(module: string, task: StageTask, signal: AbortSignal, progress: (fraction: number) => void): Promise<Outcome>;
  stop(): Promise<void>;
}

/** A handler that is told to stop has this long before it is ended by force. */
export const STOP_GRACE_MS = 2_000;
