import { copyFile, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { projectRoot } from '../../../../shared/runtime/project-root.ts';
import { POSTGRESQL_SETTINGS } from '../../servers/postgresql.ts';
import type { BenchContext, Contender, Running } from '../../suite/contender.ts';
import { LineClient } from '../line-client.ts';
import { PostgresqlReader } from '../postgresql-reader.ts';
import { findTemporal, startTemporal } from './temporal-server.ts';

const SOURCES = join(projectRoot(), 'test/bench/contenders/temporal');
const FILES = ['temporal-part.mjs', 'workflows.cjs'] as const;
const COMPLETED_STATE = 3;
const COMPLETED_STATUS = 2;
const OURS = `workflow_id LIKE 'job-%'`;

const COMPLETIONS = {
  table: 'current_executions',
  on: 'UPDATE',
  when: `NEW.${OURS} AND NEW.state = ${COMPLETED_STATE} AND NEW.status = ${COMPLETED_STATUS}`,
  says: 'NEW.workflow_id',
} as const;

const numberOf = (id: string) => Number(id.slice('job-'.length));

interface Row {
  readonly id: string;
  readonly state: number;
  readonly status: number;
}

async function readBack(reader: PostgresqlReader): Promise<ReadonlyMap<number, string>> {
  const rows = await reader.rows<Row>(`SELECT workflow_id AS id, state, status FROM current_executions WHERE ${OURS}`);
  const said = ({ state, status }: Row) =>
    state === COMPLETED_STATE && status === COMPLETED_STATUS ? 'COMPLETED' : `state ${state}, status ${status}`;
  return new Map(rows.map((row) => [numberOf(row.id), said(row)]));
}

/** Beside a link to the SDK: it is no dependency of the project. */
async function copyParts(folder: string, sdk: string): Promise<string> {
  const parts = join(folder, 'parts');
  await mkdir(parts);
  await symlink(sdk, join(parts, 'node_modules'));
  for (const file of FILES) await copyFile(join(SOURCES, file), join(parts, file));
  return join(parts, FILES[0]);
}

async function start({ servers, folder, executionsFolder }: BenchContext): Promise<Running> {
  const programs = await findTemporal((line) => process.stderr.write(`${line}\n`));
  const postgresql = await servers.postgresql();
  const server = await startTemporal(programs, postgresql, folder);
  servers.versions['temporal'] = programs.version;
  const program = await copyParts(folder, programs.sdk);
  const part = (name: string) => LineClient.start(process.execPath, [program, name, server.address, executionsFolder]);
  const client = await part('client');
  const [p1, p2] = await Promise.all([part('p1'), part('p2')]);
  const reader = await PostgresqlReader.open(postgresql.url.replace(/\/postgres$/, '/temporal'));
  return {
    submitBatch: (jobs) => client.submit(jobs),
    submitOne: (job) => client.submit([job]),
    isDone: async () => !(await reader.hasAny(`SELECT 1 FROM current_executions WHERE ${OURS} AND state <> ${COMPLETED_STATE}`)),
    readBack: () => readBack(reader),
    watch: (onCompleted) => reader.watch(COMPLETIONS, (id) => onCompleted(numberOf(id))),
    processes: () => ({ postgresql: postgresql.pid, temporal: server.pid, p1: p1.pid, p2: p2.pid, 'client (SDK)': client.pid }),
    stop: async () => {
      await Promise.all([client.stop(), p1.stop(), p2.stop()]);
      await reader.close();
      await server.stop();
    },
  };
}

/** Temporal's server on PostgreSQL. */
export const TEMPORAL: Contender = {
  name: 'temporal',
  title: 'Temporal on PostgreSQL',
  kind: 'peer',
  scenarios: ['batch', 'single', 'latency'],
  jobsShare: 0.04,
  durability: 'PostgreSQL, fsync and synchronous_commit on',
  isDurable: true,
  reader: 'trigger and LISTEN (only in this scenario)',
  settings: {
    server: 'built from its Go module, all services in one process, 4 history shards',
    postgresql: Object.entries(POSTGRESQL_SETTINGS)
      .map(([key, value]) => `${key} ${value}`)
      .join(', '),
    pipeline: 'a workflow of two activities, each on a task queue of its own',
    workers: 'p1 (with the workflows), p2: one process each, SDK for Node.js, 200 tasks at a time',
    client: 'a process with the SDK: workflow.start, 64 in flight',
  },
  start,
};
