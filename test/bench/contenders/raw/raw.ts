import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BenchContext, BenchJob, Contender, Running } from '../../suite/contender.ts';
import { CONNECTIONS } from '../../suite/scenarios.ts';
import { startStageWorkers, WorkerProcess } from '../../suite/worker-process.ts';
import { HttpPoster } from '../http-poster.ts';
import { RecordReader } from '../record-reader.ts';
import { type RawStack, startRawStack } from './raw-stack.ts';
import { RawSubmitter } from './raw-submitter.ts';

const WORKER = new URL('./raw-worker.js', import.meta.url);
const GATEWAY = new URL('./raw-gateway.js', import.meta.url);

const COMMON = {
  kind: 'ceiling',
  durability: 'insert and commit w:majority, journaled; messages persistent in quorum queues, confirmed; claims w:1',
  isDurable: true,
  reader: 'MongoDB change stream',
} as const;

const SETTINGS = {
  clients:
    'mongodb and amqplib, noDelay, messages of a turn in one write; records, bodies and indexes as Jobline has them; no validator, no relay, no retries',
  batches: 'insertMany and updateMany of up to 500, two in flight a process, flushed at once when idle; acknowledgements multiple',
  processes: 'submitter, p1, p2: one each; prefetch 2,000 jobs',
};

interface Shape {
  readonly isFused: boolean;
  readonly jobsPerMessage: number;
}

async function startWorkers({ executionsFolder }: BenchContext, { pids: _, ...stack }: RawStack, shape: Shape) {
  return startStageWorkers(WORKER, (name) => ({ ...stack, ...shape, executionsFolder, stage: name === 'p1' ? 0 : 1 }));
}

/** The bench's own process is the submitter. */
async function startInProcess(context: BenchContext, shape: Shape): Promise<Running> {
  const stack = await startRawStack(context);
  const workers = await startWorkers(context, stack, shape);
  const submitter = await RawSubmitter.open({ ...stack, jobsPerMessage: shape.jobsPerMessage });
  const reader = new RecordReader(submitter.jobs);
  return {
    submitBatch: async (jobs) => reader.learn(await submitter.submitAll(jobs.map(({ payload }) => payload)), jobs),
    submitOne: async (job) => reader.learn([await submitter.submit(job.payload)], [job]),
    isDone: () => reader.isDone(),
    readBack: () => reader.readBack(),
    watch: (onCompleted) => reader.watch(onCompleted),
    processes: () => ({ ...stack.pids, p1: workers.p1.pid, p2: workers.p2.pid }),
    stop: async () => {
      await reader.stop();
      await submitter.close();
      await Promise.all([workers.p1.stop(), workers.p2.stop()]);
    },
  };
}

function raw(jobsPerMessage: number, isFused: boolean): Contender {
  const steps = isFused ? 'claim and commit in one write (T3+5)' : 'claim with a token, read back, commit';
  const messages = jobsPerMessage === 1 ? 'one job a message' : `messages of up to ${jobsPerMessage}`;
  return {
    ...COMMON,
    name: `raw-${isFused ? 'fused' : 'claimed'}-${jobsPerMessage}`,
    title: `raw clients, ${messages}, ${isFused ? 'fused' : 'claimed'}`,
    scenarios: ['batch'],
    settings: { ...SETTINGS, messages, steps },
    start: (context) => startInProcess(context, { isFused, jobsPerMessage }),
  };
}

async function startKoa(context: BenchContext): Promise<Running> {
  const stack = await startRawStack(context);
  const shape = { isFused: true, jobsPerMessage: 1 };
  const workers = await startWorkers(context, stack, shape);
  const portFile = join(context.folder, 'port');
  const { pids, ...urls } = stack;
  const gateway = await WorkerProcess.start(GATEWAY, { ...urls, jobsPerMessage: 1, portFile });
  const poster = new HttpPoster(`http://127.0.0.1:${await readFile(portFile, 'utf8')}`, CONNECTIONS);
  const reader = await RecordReader.open(stack.mongodbUrl);
  const submitOne = async (job: BenchJob) => {
    const { status, text } = await poster.post('/', 'application/json', JSON.stringify({ type: 'bench-no-op', input: job.payload }));
    if (status !== 202) throw new Error(`The raw gateway answered ${status}.`);
    reader.learn([(JSON.parse(text) as { job_id: string }).job_id], [job]);
  };
  return {
    submitBatch: () => Promise.reject(new Error('The Koa ceiling takes single jobs.')),
    submitOne,
    isDone: () => reader.isDone(),
    readBack: () => reader.readBack(),
    watch: (onCompleted) => reader.watch(onCompleted),
    processes: () => ({ ...pids, gateway: gateway.pid, p1: workers.p1.pid, p2: workers.p2.pid }),
    stop: async () => {
      poster.end();
      await reader.stop();
      await Promise.all([gateway.stop(), workers.p1.stop(), workers.p2.stop()]);
    },
  };
}

const KOA: Contender = {
  ...COMMON,
  name: 'raw-koa',
  title: 'raw Koa, a POST a job, fused',
  scenarios: ['single', 'latency'],
  settings: {
    ...SETTINGS,
    client: 'POST, 64 keep-alive connections',
    messages: 'one job a message',
    steps: 'claim and commit in one write (T3+5)',
  },
  start: startKoa,
};

/** Raw clients: what the same durability, shape and indexes allow. */
export const RAW: readonly Contender[] = [raw(100, true), raw(100, false), raw(1, true), raw(1, false), KOA];
