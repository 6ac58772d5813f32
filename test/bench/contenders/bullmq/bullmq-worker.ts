import { Queue, Worker } from 'bullmq';
import { ExecutionLog } from '../../suite/execution-log.ts';
import { runWorker } from '../../suite/worker-process.ts';

/** What a worker of BullMQ is told. */
export interface BullmqConfig {
  readonly port: number;
  readonly stage: 'p1' | 'p2';
  readonly concurrency: number;
  readonly executionsFolder: string;
}

await runWorker<BullmqConfig>(async ({ port, stage, concurrency, executionsFolder }) => {
  const connection = { host: '127.0.0.1', port, maxRetriesPerRequest: null };
  const next = stage === 'p1' ? new Queue('p2', { connection }) : undefined;
  const executions = new ExecutionLog(executionsFolder, stage);
  const worker = new Worker<{ readonly n: number }>(
    stage,
    async ({ data, id }) => {
      executions.note(data.n);
      // The same id: a job that is worked again adds nothing twice.
      if (next && id !== undefined) await next.add('p2', data, { jobId: id });
    },
    { connection, concurrency },
  );
  worker.on('error', (error) => process.stderr.write(`${error.message}\n`));
  await worker.waitUntilReady();
  return async () => {
    await worker.close();
    await next?.close();
  };
});
