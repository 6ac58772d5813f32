import { chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { localModule } from '../../support/local-stack.ts';
import { freePort, startOwnServer } from './own-server.ts';
import { runAs } from './run-as.ts';

/** What was changed of PostgreSQL's own defaults, which are durable: `fsync` and `synchronous_commit` stay on. */
export const POSTGRESQL_SETTINGS: Readonly<Record<string, string>> = {
  shared_buffers: '512MB',
  max_wal_size: '4GB',
  max_connections: '100',
};
/** PostgreSQL refuses to run as root: nobody it is then. */
const NOBODY = { uid: 65_534, gid: 65_534 };

/** A PostgreSQL of the bench's own. */
export interface PostgresqlServer {
  readonly pid: number;
  readonly url: string;
  readonly version: string;
  stop(): Promise<void>;
}

interface Install {
  findPostgresql(log: (line: string) => void): Promise<{ readonly bin: string; readonly env: Record<string, string> }>;
}

async function versionOf(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<{ server_version: string }>('SHOW server_version')).rows[0]!.server_version;
  } finally {
    await client.end();
  }
}

/** Starts a new cluster. @param parent a folder that others may pass through */
export async function startPostgresql(parent: string, log: (line: string) => void): Promise<PostgresqlServer> {
  const { bin, env } = await (await localModule<Install>('install/find-postgresql.mjs')).findPostgresql(log);
  const user = process.getuid?.() === 0 ? NOBODY : undefined;
  const folder = join(parent, 'postgresql');
  await mkdir(folder);
  if (user) await chown(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  await runAs(join(bin, 'initdb'), ['-D', data, '-U', 'bench', '-A', 'trust', '-E', 'UTF8', '--locale', 'C'], { env, user, cwd: folder });
  const port = await freePort();
  const url = `postgres://bench@127.0.0.1:${port}/postgres`;
  const listen = ['-p', String(port), '-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='];
  const args = ['-D', data, ...listen, ...Object.entries(POSTGRESQL_SETTINGS).flatMap(([key, value]) => ['-c', `${key}=${value}`])];
  const answers = () =>
    versionOf(url).then(
      () => true,
      () => false,
    );
  const options = { name: 'postgresql', program: join(bin, 'postgres'), args, env, folder, answers, ...(user && { user }) };
  const server = await startOwnServer(options);
  return { ...server, url, version: await versionOf(url) };
}
