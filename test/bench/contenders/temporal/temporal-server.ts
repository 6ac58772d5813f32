import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { localModule } from '../../../support/local-stack.ts';
import { freePorts, type OwnServer, startOwnServer } from '../../servers/own-server.ts';
import type { PostgresqlServer } from '../../servers/postgresql.ts';
import { runAs } from '../../servers/run-as.ts';
import { PORT_COUNT, temporalConfig, temporalPorts } from './temporal-config.ts';

/** What was built of Temporal. */
export interface TemporalPrograms {
  readonly server: string;
  readonly sqlTool: string;
  /** A node_modules. */
  readonly sdk: string;
  readonly version: string;
}

/** Temporal's programs, built at first use. */
export async function findTemporal(log: (line: string) => void): Promise<TemporalPrograms> {
  const install = await localModule<{ findTemporal(say: typeof log): Promise<TemporalPrograms> }>('install/find-temporal.mjs');
  return install.findTemporal(log);
}

const DATABASES = { temporal: 'postgresql/v12/temporal', temporal_visibility: 'postgresql/v12/visibility' } as const;

async function makeTables({ sqlTool }: TemporalPrograms, url: URL, cwd: string): Promise<void> {
  const where = ['--ep', url.hostname, '-p', url.port, '-u', url.username, '--pw', 'unused', '--pl', 'postgres12'];
  for (const [database, schema] of Object.entries(DATABASES)) {
    const tool = (...args: string[]) => runAs(sqlTool, [...where, '--db', database, ...args], { env: {}, cwd, user: undefined });
    await tool('create-database');
    await tool('setup-schema', '-v', '0.0');
    await tool('update-schema', '--schema-name', schema);
  }
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/** A Temporal server whose tables are in a PostgreSQL. @returns its address beside the process. */
export async function startTemporal(
  programs: TemporalPrograms,
  postgresql: PostgresqlServer,
  folder: string,
): Promise<OwnServer & { readonly address: string }> {
  const url = new URL(postgresql.url);
  await makeTables(programs, url, folder);
  const ports = temporalPorts(await freePorts(PORT_COUNT));
  const file = join(folder, 'temporal.yaml');
  await writeFile(file, temporalConfig(ports, { host: url.host, user: url.username }));
  const args = ['--config-file', file, '--allow-no-auth', 'start'];
  const answers = () => listens(ports.frontend);
  const server = await startOwnServer({ name: 'temporal', program: programs.server, args, env: {}, folder, answers });
  return { ...server, address: `127.0.0.1:${ports.frontend}` };
}
