import type { Outcome, StageHandler } from '../../../shared/ports/stage-handler.ts';
import { ReportRejection } from './report/rejection.ts';
import { runReport } from './report/run-report.ts';
import { ScratchFullError } from './report/translate-failure.ts';

/**
 * Process 1 of job type `report`. Bad input is answered with `reject` and a code of report/rejection.ts, a full disk with
 * `retry`; it throws the signal's reason when it is told to stop.
 */
export const handle: StageHandler = async (task, tools): Promise<Outcome> => {
  try {
    return await runReport(task, tools);
  } catch (error) {
    if (tools.signal.aborted) throw tools.signal.reason;
    if (error instanceof ReportRejection) return error.toOutcome();
    if (error instanceof ScratchFullError) {
      const message = 'The worker has no disk space left for this dataset.';
      return { kind: 'retry', error: { code: 'scratch_full', message, errorClass: 'retry' } };
    }
    // The runner shows a thrown message to the user: this one names no path and keeps the rest for the log.
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    throw new Error('The dataset could not be processed; the log of the worker says more.', { cause: error });
  }
};
