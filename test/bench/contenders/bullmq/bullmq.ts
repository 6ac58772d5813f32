import { Queue, QueueEvents } from 'bullmq';
import { Redis } from 'ioredis';
import type { AppendFsync } from '../../servers/redis.ts';
import type { BenchContext, BenchJob, Contender, Running } from '../../suite/contender.ts';
import { startStageWorkers } from '../../suite/worker-process.ts';
import { chunksOf, eachInFlight } from '../../suite/workload.ts';

const WORKER = new URL('./bullmq-worker.js', import.meta.url);
const CONCURRENCY = 200;
const BULK = 500;
const BULKS_IN_FLIGHT = 4;

/** BullMQ refuses ids that are numbers. */
const idOf = (n: number) => `j${n}`;
const numberOf = (id: string) => Number(id.slice(1));

async function start({ servers, executionsFolder }: BenchContext, fsync: AppendFsync): Promise<Running> {
  const redis = await servers.redis(fsync);
  const connection = { host: '127.0.0.1', port: redis.port, maxRetriesPerRequest: null };
  const workers = await startStageWorkers(WORKER, (stage) => ({ port: redis.port, stage, concurrency: CONCURRENCY, executionsFolder }));
  const reader = new Redis(connection);
  const [first, last] = [new Queue('p1', { connection }), new Queue('p2', { connection })];
  const events: QueueEvents[] = [];
  return {
    submitBatch: (jobs) =>
      eachInFlight(chunksOf(jobs, BULK), BULKS_IN_FLIGHT, (some) => first.addBulk(some.map(({ n, payload }) => addition(n, payload)))),
    submitOne: async ({ n, payload }) => {
      await first.add('p1', payload, { jobId: idOf(n) });
    },
    isDone: async (total) => (await last.getCompletedCount()) === total,
    readBack: () => readStates(reader, last),
    watch: async (onCompleted) => {
      const stream = new QueueEvents('p2', { connection });
      events.push(stream);
      stream.on('completed', ({ jobId }) => onCompleted(numberOf(jobId)));
      await stream.waitUntilReady();
    },
    processes: () => ({ redis: redis.pid, p1: workers.p1.pid, p2: workers.p2.pid }),
    stop: async () => {
      await Promise.all([workers.p1.stop(), workers.p2.stop(), ...events.map((one) => one.close())]);
      await Promise.all([first.close(), last.close()]);
      reader.disconnect();
    },
  };
}

function addition(n: number, payload: BenchJob['payload']) {
  return { name: 'p1', data: payload, opts: { jobId: idOf(n) } };
}

/** A job's state in BullMQ is the set that its id is in. */
async function readStates(redis: Redis, queue: Queue): Promise<ReadonlyMap<number, string>> {
  const ids = await redis.zrange(queue.toKey('completed'), 0, -1);
  return new Map(ids.map((id) => [numberOf(id), 'COMPLETED']));
}

const DURABILITY: Readonly<Record<AppendFsync, string>> = {
  always: 'append-only file, fsync before each answer',
  everysec: 'append-only file, fsync once a second: a crash of the machine loses up to a second of accepted jobs',
};

function bullmq(fsync: AppendFsync): Contender {
  return {
    name: `bullmq-${fsync}`,
    title: `BullMQ, appendfsync ${fsync}`,
    kind: 'peer',
    scenarios: ['batch', 'single', 'latency'],
    durability: DURABILITY[fsync],
    isDurable: fsync === 'always',
    reader: 'QueueEvents (a Redis stream)',
    settings: {
      redis: `appendonly yes, appendfsync ${fsync}, save '', maxmemory-policy noeviction`,
      pipeline: 'two queues; the first one adds to the second under the same job id',
      workers: `p1, p2: one process each, concurrency ${CONCURRENCY}`,
      client: 'in process: addBulk of 500, 4 in flight; add, 64 in flight',
    },
    start: (context) => start(context, fsync),
  };
}

/** BullMQ at both durabilities. */
export const BULLMQ: readonly Contender[] = [bullmq('everysec'), bullmq('always')];
