import { connect } from 'amqplib';
import { MongoClient } from 'mongodb';
import { v7 } from 'uuid';
import type { BenchContext, BenchJob, Contender, Running } from '../../suite/contender.ts';
import { CONNECTIONS } from '../../suite/scenarios.ts';
import { startStageWorkers } from '../../suite/worker-process.ts';
import { eachInFlight } from '../../suite/workload.ts';
import { BellPublisher } from '../raw/bell-publisher.ts';
import { newRecord } from '../raw/raw-record.ts';
import { startRawStack } from '../raw/raw-stack.ts';
import { RecordReader } from '../record-reader.ts';

const WORKER = new URL('./straightforward-worker.js', import.meta.url);

async function start(context: BenchContext): Promise<Running> {
  const { pids, ...urls } = await startRawStack(context);
  const { executionsFolder } = context;
  const workers = await startStageWorkers(WORKER, (name) => ({ ...urls, executionsFolder, stage: name === 'p1' ? 0 : 1 }));
  const mongo = await new MongoClient(urls.mongodbUrl, { writeConcern: { w: 'majority' } }).connect();
  const connection = await connect(urls.rabbitmqUrl, { noDelay: true });
  const publisher = await BellPublisher.open(connection, 1);
  const jobs = mongo.db('raw').collection('jobs');
  const reader = new RecordReader(jobs);
  const submitOne = async (job: BenchJob) => {
    const id = v7();
    reader.learn([id], [job]);
    await jobs.insertOne(newRecord(id, job.payload, 'standard'));
    await publisher.ringOne(0, id);
  };
  return {
    submitOne,
    submitBatch: (all) => eachInFlight(all, CONNECTIONS, submitOne),
    isDone: () => reader.isDone(),
    readBack: () => reader.readBack(),
    watch: (onCompleted) => reader.watch(onCompleted),
    processes: () => ({ ...pids, p1: workers.p1.pid, p2: workers.p2.pid }),
    stop: async () => {
      await reader.stop();
      await Promise.all([workers.p1.stop(), workers.p2.stop(), connection.close(), mongo.close()]);
    },
  };
}

/** What one would write first: a write for each step of each job, and each publish waited for. */
export const STRAIGHTFORWARD: Contender = {
  name: 'straightforward',
  title: 'straightforward: five writes, two confirmed publishes a job',
  kind: 'baseline',
  scenarios: ['batch', 'single', 'latency'],
  jobsShare: 0.1,
  durability: 'every write w:majority, journaled; messages persistent in quorum queues, confirmed',
  isDurable: true,
  reader: 'MongoDB change stream',
  settings: {
    clients: 'mongodb and amqplib, noDelay; records and indexes as Jobline has them',
    concurrency: '64 submissions in flight; prefetch 64, each message worked by itself',
    processes: 'submitter, p1, p2: one each',
  },
  start,
};
