import { MongoBackend } from '@agendajs/mongo-backend';
import { Agenda } from 'agenda';
import { type Collection, type Document, MongoClient } from 'mongodb';
import type { BenchContext, BenchJob, Contender, Running } from '../../suite/contender.ts';
import { CONNECTIONS } from '../../suite/scenarios.ts';
import { startStageWorkers } from '../../suite/worker-process.ts';
import { eachInFlight } from '../../suite/workload.ts';
import { type EndWatch, watchIds } from '../mongo-reader.ts';
import type { AgendaConfig } from './agenda-worker.ts';

const WORKER = new URL('./agenda-worker.js', import.meta.url);
const CONCURRENCY = 200;
const PROCESS_EVERY_MS = 100;

/** First two looks by index at what is due, then a count of what has ended. */
async function isDone(jobs: Collection<Document>, total: number): Promise<boolean> {
  for (const name of ['p1', 'p2']) {
    if ((await jobs.countDocuments({ name, nextRunAt: { $type: 'date' } }, { limit: 1 })) > 0) return false;
  }
  return (await jobs.countDocuments({ name: 'p2', lastFinishedAt: { $type: 'date' } })) >= total;
}

async function readBack(jobs: Collection<Document>): Promise<ReadonlyMap<number, string>> {
  const found = await jobs.find({ name: 'p2' }, { projection: { 'data.n': 1, lastFinishedAt: 1, failedAt: 1 } }).toArray();
  return new Map(found.map(({ data, lastFinishedAt, failedAt }) => [data.n as number, lastFinishedAt && !failedAt ? 'COMPLETED' : 'OPEN']));
}

/** What a change stream says of a job that has just finished; its number is looked up, since the event has the id alone. */
async function watch(jobs: Collection<Document>, onCompleted: (n: number) => void): Promise<EndWatch> {
  const finished = { 'updateDescription.updatedFields.lastFinishedAt': { $type: 'date' } };
  return watchIds(jobs, finished, (_id) => {
    const told = (job: Document | null) => {
      if (job) onCompleted(job['data'].n);
    };
    void jobs.findOne({ _id, name: 'p2' } as Document, { projection: { 'data.n': 1 } }).then(told);
  });
}

async function start({ servers, executionsFolder }: BenchContext): Promise<Running> {
  const { mongodb } = await servers.rabbitmqAndMongodb();
  const mongo = await new MongoClient(mongodb.url, { writeConcern: { w: 'majority' } }).connect();
  const client = new Agenda({ backend: new MongoBackend({ mongo: mongo.db('agenda') }) });
  await client.ready;
  const how = { concurrency: CONCURRENCY, processEveryMs: PROCESS_EVERY_MS };
  const workers = await startStageWorkers(WORKER, (stage): AgendaConfig => ({ mongodbUrl: mongodb.url, stage, executionsFolder, ...how }));
  const jobs = mongo.db('agenda').collection('agendaJobs');
  const submitOne = ({ payload }: BenchJob) => client.now('p1', payload);
  let endWatch: EndWatch = async () => undefined;
  return {
    submitBatch: (all) => eachInFlight(all, CONNECTIONS, submitOne),
    submitOne: async (job) => void (await submitOne(job)),
    isDone: (total) => isDone(jobs, total),
    readBack: () => readBack(jobs),
    watch: async (onCompleted) => {
      endWatch = await watch(jobs, onCompleted);
    },
    processes: () => ({ mongodb: mongodb.pid ?? 0, p1: workers.p1.pid, p2: workers.p2.pid }),
    stop: async () => {
      await endWatch();
      await Promise.all([workers.p1.stop(), workers.p2.stop()]);
      await client.stop();
      await mongo.close();
    },
  };
}

/** Agenda on MongoDB. */
export const AGENDA: Contender = {
  name: 'agenda',
  title: 'Agenda on MongoDB',
  kind: 'peer',
  scenarios: ['batch', 'single', 'latency'],
  jobsShare: 0.04,
  durability: 'every write w:majority, journaled',
  isDurable: true,
  reader: 'MongoDB change stream, and a look for the number of the job',
  settings: {
    pipeline: 'the job p1 makes a job p2 that is due now',
    workers: `p1, p2: one process each, concurrency ${CONCURRENCY}, processEvery ${PROCESS_EVERY_MS} ms`,
    client: 'in process: now, 64 in flight (it has no call for many)',
  },
  start,
};
