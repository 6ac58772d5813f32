import { makeWorkerUtils } from 'graphile-worker';
import { POSTGRESQL_SETTINGS } from '../../servers/postgresql.ts';
import type { BenchContext, BenchJob, Contender, Running } from '../../suite/contender.ts';
import { startStageWorkers } from '../../suite/worker-process.ts';
import { chunksOf, eachInFlight } from '../../suite/workload.ts';
import { PostgresqlReader } from '../postgresql-reader.ts';
import { GRAPHILE_SETTINGS } from './graphile-settings.ts';

const WORKER = new URL('./graphile-worker-process.js', import.meta.url);
const BULK = 500;
const BULKS_IN_FLIGHT = 4;
const JOBS = 'graphile_worker._private_jobs';

const COMPLETIONS = {
  table: JOBS,
  on: 'DELETE',
  when: `(SELECT identifier FROM graphile_worker._private_tasks WHERE id = OLD.task_id) = 'p2'`,
  says: `OLD.payload->>'n'`,
} as const;

/** A completed job is deleted: what is not there is completed, and the executions tell whether it ever ran. */
async function readBack(reader: PostgresqlReader, submitted: ReadonlySet<number>): Promise<ReadonlyMap<number, string>> {
  const left = await reader.rows<{ n: string }>(`SELECT payload->>'n' AS n FROM ${JOBS}`);
  return new Map([
    ...[...submitted].map((n): [number, string] => [n, 'COMPLETED']),
    ...left.map(({ n }): [number, string] => [Number(n), 'LEFT']),
  ]);
}

async function start({ servers, executionsFolder }: BenchContext): Promise<Running> {
  const postgresql = await servers.postgresql();
  const { url } = postgresql;
  const client = await makeWorkerUtils({ connectionString: url, maxPoolSize: 10 });
  await client.migrate();
  const workers = await startStageWorkers(WORKER, (stage) => ({ url, stage, executionsFolder }));
  const reader = await PostgresqlReader.open(url);
  const submitted = new Set<number>();
  const submit = async (jobs: readonly BenchJob[]) => {
    for (const { n } of jobs) submitted.add(n);
    await client.addJobs(jobs.map(({ payload }) => ({ identifier: 'p1', payload })));
  };
  return {
    submitBatch: (jobs) => eachInFlight(chunksOf(jobs, BULK), BULKS_IN_FLIGHT, submit),
    submitOne: async ({ n, payload }) => {
      submitted.add(n);
      await client.addJob('p1', payload);
    },
    isDone: async () => !(await reader.hasAny(`SELECT 1 FROM ${JOBS}`)),
    readBack: () => readBack(reader, submitted),
    watch: (onCompleted) => reader.watch(COMPLETIONS, (n) => onCompleted(Number(n))),
    processes: () => ({ postgresql: postgresql.pid, p1: workers.p1.pid, p2: workers.p2.pid }),
    stop: async () => {
      await Promise.all([workers.p1.stop(), workers.p2.stop()]);
      await Promise.all([client.release(), reader.close()]);
    },
  };
}

/** graphile-worker. */
export const GRAPHILE_WORKER: Contender = {
  name: 'graphile-worker',
  title: 'graphile-worker',
  kind: 'peer',
  scenarios: ['batch', 'single', 'latency'],
  jobsShare: 0.2,
  durability: 'PostgreSQL, fsync and synchronous_commit on',
  isDurable: true,
  reader: 'trigger and LISTEN (only in this scenario)',
  settings: {
    postgresql: Object.entries(POSTGRESQL_SETTINGS)
      .map(([key, value]) => `${key} ${value}`)
      .join(', '),
    pipeline: 'the task p1 adds a job p2',
    workers: `p1, p2: one process each, ${Object.entries(GRAPHILE_SETTINGS)
      .map(([key, value]) => `${key} ${value}`)
      .join(', ')}`,
    client: 'in process: addJobs of 500, 4 in flight; addJob, 64 in flight',
    'final state': 'it deletes completed jobs: what is gone counts as completed, if both stages ran',
  },
  start,
};
