import { Logger, run } from 'graphile-worker';
import { ExecutionLog } from '../../suite/execution-log.ts';
import { runWorker } from '../../suite/worker-process.ts';
import { GRAPHILE_SETTINGS } from './graphile-settings.ts';

/** What a worker of graphile-worker is told. */
export interface GraphileConfig {
  readonly url: string;
  readonly stage: 'p1' | 'p2';
  readonly executionsFolder: string;
}

/** Errors alone: its logger says a line a job. */
const logger = new Logger(() => (level, message) => {
  if (level === 'error') process.stderr.write(`${message}\n`);
});

await runWorker<GraphileConfig>(async ({ url, stage, executionsFolder }) => {
  const executions = new ExecutionLog(executionsFolder, stage);
  const { concurrentJobs, maxPoolSize, localQueueSize, completeJobBatchDelay } = GRAPHILE_SETTINGS;
  const worker = {
    connectionString: url,
    concurrentJobs,
    maxPoolSize,
    completeJobBatchDelay,
    logger,
    localQueue: { size: localQueueSize },
  };
  const runner = await run({
    noHandleSignals: true,
    taskList: {
      [stage]: async (payload, helpers) => {
        executions.note((payload as { readonly n: number }).n);
        if (stage === 'p1') await helpers.addJob('p2', payload);
      },
    },
    preset: { worker },
  });
  return () => runner.stop();
});
