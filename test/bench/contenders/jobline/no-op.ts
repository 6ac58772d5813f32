import type { StageHandler } from '../../../../shared/ports/stage-handler.ts';
import { ExecutionLog } from '../../suite/execution-log.ts';

/** Where the bench tells its handler to note what it did. */
export const EXECUTIONS_VARIABLE = 'BENCH_EXECUTIONS';

const logs = new Map<string, ExecutionLog>();

function logOf(stage: string): ExecutionLog {
  const log = logs.get(stage) ?? new ExecutionLog(process.env[EXECUTIONS_VARIABLE]!, stage);
  logs.set(stage, log);
  return log;
}

/** Does nothing, and notes it. */
export const handle: StageHandler = async ({ job, input }) => {
  logOf(job.stage).note((input as { readonly n: number }).n);
  return { kind: 'done' };
};
