import { join } from 'node:path';
import { connect } from 'amqplib';
import { type Collection, type Document, MongoClient } from 'mongodb';
import { projectRoot } from '../../../../shared/runtime/project-root.ts';
import { localModule } from '../../../support/local-stack.ts';
import { startOwnServer } from '../../servers/own-server.ts';
import type { BenchContext, Contender, Running } from '../../suite/contender.ts';
import { LineClient } from '../line-client.ts';
import { type EndWatch, watchIds } from '../mongo-reader.ts';

/** Beside this source: Python is not compiled. */
const FOLDER = join(projectRoot(), 'test/bench/contenders/celery');
const PROGRAM = join(FOLDER, 'bench_tasks.py');
const STAGES = ['p1', 'p2'] as const;

interface Install {
  findCelery(log: (line: string) => void): Promise<{ readonly PYTHONPATH: string }>;
}

const numberOf = (id: unknown) => Number(String(id).slice('job-'.length));

/** All have ended when the last task of each has a result. */
async function readBack(results: Collection<Document>): Promise<ReadonlyMap<number, string>> {
  const found = await results.find({ _id: /^job-/ } as Document, { projection: { status: 1 } }).toArray();
  return new Map(found.map(({ _id, status }) => [numberOf(_id), status === 'SUCCESS' ? 'COMPLETED' : String(status)]));
}

/** A worker consumes its queue once it is ready. */
async function consumes(rabbitmqUrl: string, queue: string): Promise<boolean> {
  const connection = await connect(rabbitmqUrl);
  connection.on('error', () => undefined);
  try {
    const channel = await connection.createChannel();
    channel.on('error', () => undefined);
    return (await channel.checkQueue(queue)).consumerCount > 0;
  } catch {
    return false;
  } finally {
    await connection.close().catch(() => undefined);
  }
}

async function startWorker({ folder }: BenchContext, stage: string, env: Record<string, string>) {
  const args = ['-m', 'celery', '-A', 'bench_tasks', 'worker', '-Q', stage, '-n', stage, '--pool', 'prefork', '--concurrency', '1'];
  const quiet = ['--without-gossip', '--without-mingle', '--without-heartbeat', '--loglevel', 'WARNING'];
  const answers = () => consumes(env['BENCH_RABBITMQ']!, stage);
  return startOwnServer({ name: `celery-${stage}`, program: 'python3', args: [...args, ...quiet], env, folder, answers });
}

async function startAll(context: BenchContext, env: Record<string, string>) {
  const [p1, p2] = await Promise.all(STAGES.map((stage) => startWorker(context, stage, env)));
  const client = await LineClient.start('python3', [PROGRAM], { ...process.env, ...env });
  return { p1: p1!, p2: p2!, client };
}

async function start(context: BenchContext): Promise<Running> {
  const { servers, executionsFolder } = context;
  const { findCelery } = await localModule<Install>('install/find-celery.mjs');
  const found = await findCelery((line) => process.stderr.write(`${line}\n`));
  const { rabbitmq, mongodb } = await servers.rabbitmqAndMongodb();
  const urls = { BENCH_RABBITMQ: rabbitmq.url, BENCH_MONGODB: mongodb.url, BENCH_EXECUTIONS: executionsFolder };
  const { p1, p2, client } = await startAll(context, {
    PYTHONPATH: `${found.PYTHONPATH}:${FOLDER}`,
    PYTHONDONTWRITEBYTECODE: '1',
    ...urls,
  });
  const mongo = await new MongoClient(mongodb.url).connect();
  const results = mongo.db('celery').collection('taskmeta');
  let endWatch: EndWatch = async () => undefined;
  return {
    submitBatch: (jobs) => client.submit(jobs),
    submitOne: (job) => client.submit([job]),
    isDone: async (total) => (await results.estimatedDocumentCount()) >= total * STAGES.length,
    readBack: () => readBack(results),
    watch: async (onCompleted) => {
      // A result is replaced or inserted whole.
      endWatch = await watchIds(results, { 'fullDocument.status': 'SUCCESS', 'documentKey._id': /^job-/ }, (id) =>
        onCompleted(numberOf(id)),
      );
    },
    processes: () => ({ rabbitmq: rabbitmq.pid ?? 0, mongodb: mongodb.pid ?? 0, p1: p1.pid, p2: p2.pid, 'client (Python)': client.pid }),
    stop: async () => {
      await endWatch();
      await client.stop();
      await Promise.all([p1.stop(), p2.stop(), mongo.close()]);
    },
  };
}

/** Celery on RabbitMQ, its results in MongoDB. */
export const CELERY: Contender = {
  name: 'celery',
  title: 'Celery, results in MongoDB',
  kind: 'peer',
  scenarios: ['batch', 'single', 'latency'],
  jobsShare: 0.1,
  durability: 'messages persistent in quorum queues, confirmed, acknowledged late; results w:majority, journaled',
  isDurable: true,
  reader: 'MongoDB change stream',
  settings: {
    pipeline: 'chain(p1, p2), both results kept',
    workers: 'p1, p2: one process each (prefork 1), prefetch multiplier 100, acks_late, no gossip, mingle or heartbeat',
    client: 'a Python process: apply_async, each publish confirmed, one after the other',
  },
  start,
};
