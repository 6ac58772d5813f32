import PgBoss from 'pg-boss';
import { POSTGRESQL_SETTINGS } from '../../servers/postgresql.ts';
import type { BenchContext, BenchJob, Contender, Running } from '../../suite/contender.ts';
import { startStageWorkers } from '../../suite/worker-process.ts';
import { chunksOf, eachInFlight } from '../../suite/workload.ts';
import { numberIn, uuidOf } from '../number-uuid.ts';
import { PostgresqlReader } from '../postgresql-reader.ts';
import type { PgBossConfig } from './pg-boss-worker.ts';

const WORKER = new URL('./pg-boss-worker.js', import.meta.url);
const BULK = 500;
const BULKS_IN_FLIGHT = 4;

const inserted = ({ n, payload }: BenchJob) => ({ id: uuidOf(n), name: 'p1', data: payload });

async function startBoss(url: string): Promise<PgBoss> {
  const boss = new PgBoss({ connectionString: url });
  boss.on('error', (error) => process.stderr.write(`${error.message}\n`));
  await boss.start();
  for (const queue of ['p1', 'p2']) await boss.createQueue(queue);
  return boss;
}

/** First two looks into the index of what waits, then one at everything. */
async function isDone(reader: PostgresqlReader): Promise<boolean> {
  for (const name of ['p1', 'p2']) {
    if (await reader.hasAny(`SELECT 1 FROM pgboss.job WHERE name = '${name}' AND state < 'active'`)) return false;
  }
  return !(await reader.hasAny(`SELECT 1 FROM pgboss.job WHERE name IN ('p1', 'p2') AND state < 'completed'`));
}

async function readBack(reader: PostgresqlReader): Promise<ReadonlyMap<number, string>> {
  const rows = await reader.rows<{ id: string; state: string }>(`SELECT id, state FROM pgboss.job WHERE name = 'p2'`);
  return new Map(rows.map(({ id, state }) => [numberIn(id), state.toUpperCase()]));
}

const COMPLETIONS = {
  table: 'pgboss.job',
  on: 'UPDATE',
  when: `NEW.name = 'p2' AND NEW.state = 'completed'`,
  says: 'NEW.id::text',
} as const;

async function start({ servers, executionsFolder }: BenchContext, mode: PgBossConfig['mode']): Promise<Running> {
  const postgresql = await servers.postgresql();
  const { url } = postgresql;
  const boss = await startBoss(url);
  const workers = await startStageWorkers(WORKER, (stage): PgBossConfig => ({ url, stage, mode, executionsFolder }));
  const reader = await PostgresqlReader.open(url);
  return {
    submitBatch: (jobs) => eachInFlight(chunksOf(jobs, BULK), BULKS_IN_FLIGHT, (some) => boss.insert(some.map(inserted))),
    submitOne: async ({ n, payload }) => {
      await boss.send('p1', payload, { id: uuidOf(n) });
    },
    isDone: () => isDone(reader),
    readBack: () => readBack(reader),
    watch: (onCompleted) => reader.watch(COMPLETIONS, (id) => onCompleted(numberIn(id))),
    processes: () => ({ postgresql: postgresql.pid, p1: workers.p1.pid, p2: workers.p2.pid }),
    stop: async () => {
      await Promise.all([workers.p1.stop(), workers.p2.stop()]);
      await Promise.all([boss.stop({ graceful: false }), reader.close()]);
    },
  };
}

function pgBoss(mode: PgBossConfig['mode'], loop: string): Contender {
  return {
    name: `pg-boss-${mode}`,
    title: `pg-boss, ${mode === 'fetch' ? 'own loop of fetch(500)' : 'its work() loop'}`,
    kind: 'peer',
    scenarios: ['batch', 'single', 'latency'],
    durability: 'PostgreSQL, fsync and synchronous_commit on',
    isDurable: true,
    reader: 'trigger and LISTEN (only in this scenario)',
    settings: {
      postgresql: Object.entries(POSTGRESQL_SETTINGS)
        .map(([key, value]) => `${key} ${value}`)
        .join(', '),
      pipeline: 'two queues; the first one inserts into the second under the same id, then completes',
      workers: `p1, p2: one process each, ${loop}`,
      client: 'in process: insert of 500, 4 in flight; send, 64 in flight',
    },
    start: (context) => start(context, mode),
  };
}

/** pg-boss by both of its ways to get at jobs. */
export const PG_BOSS: readonly Contender[] = [
  pgBoss('fetch', 'two loops of fetch(batchSize 500, priority off), which look again after 5 ms when there was nothing'),
  pgBoss('work', 'four workers, batchSize 500, priority off, polling each 0.5 s (the least allowed)'),
];
