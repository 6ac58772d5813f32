import { MongoBackend } from '@agendajs/mongo-backend';
import { Agenda, type Job } from 'agenda';
import { MongoClient } from 'mongodb';
import { ExecutionLog } from '../../suite/execution-log.ts';
import { runWorker } from '../../suite/worker-process.ts';

/** What a worker of Agenda is told. */
export interface AgendaConfig {
  readonly mongodbUrl: string;
  readonly stage: 'p1' | 'p2';
  readonly processEveryMs: number;
  readonly concurrency: number;
  readonly executionsFolder: string;
}

await runWorker<AgendaConfig>(async ({ mongodbUrl, stage, processEveryMs, concurrency, executionsFolder }) => {
  const mongo = await new MongoClient(mongodbUrl, { writeConcern: { w: 'majority' } }).connect();
  const agenda = new Agenda({
    backend: new MongoBackend({ mongo: mongo.db('agenda') }),
    processEvery: processEveryMs,
    maxConcurrency: concurrency,
    defaultConcurrency: concurrency,
  });
  const executions = new ExecutionLog(executionsFolder, stage);
  // biome-ignore lint/nursery/noMisusedPromises: another of its signatures takes a promise.
  agenda.define(stage, async ({ attrs }: Job<{ readonly n: number }>) => {
    executions.note(attrs.data.n);
    if (stage === 'p1') await agenda.now('p2', attrs.data);
  });
  agenda.on('error', (error) => process.stderr.write(`${error.message}\n`));
  await agenda.start();
  return async () => {
    await agenda.stop();
    await mongo.close();
  };
});
