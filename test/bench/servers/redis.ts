import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { localModule } from '../../support/local-stack.ts';
import { freePort, startOwnServer } from './own-server.ts';

/** When Redis writes its log through to the disk: once a second, or before each answer. */
export type AppendFsync = 'everysec' | 'always';

/** A Redis of the bench's own. */
export interface RedisServer {
  readonly pid: number;
  readonly port: number;
  readonly version: string;
  stop(): Promise<void>;
}

interface Install {
  findRedis(log: (line: string) => void): Promise<{ readonly program: string; readonly env: Record<string, string> }>;
}

async function answers(port: number): Promise<boolean> {
  const client = new Redis({ port, lazyConnect: true, retryStrategy: () => null });
  client.on('error', () => undefined);
  return client
    .connect()
    .then(() => client.ping())
    .then(
      () => true,
      () => false,
    )
    .finally(() => client.disconnect());
}

async function versionOf(port: number): Promise<string> {
  const client = new Redis({ port });
  const info = await client.info('server');
  client.disconnect();
  return /redis_version:(\S+)/.exec(info)?.[1] ?? 'unknown';
}

/** Starts Redis with an append-only file and without snapshots, and nothing evicted, as BullMQ asks for. */
export async function startRedis(parent: string, fsync: AppendFsync, log: (line: string) => void): Promise<RedisServer> {
  const { program, env } = await (await localModule<Install>('install/find-redis.mjs')).findRedis(log);
  const folder = join(parent, 'redis');
  await mkdir(folder);
  const port = await freePort();
  const listen = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder];
  const args = [...listen, '--appendonly', 'yes', '--appendfsync', fsync, '--save', '', '--maxmemory-policy', 'noeviction'];
  const server = await startOwnServer({ name: 'redis', program, args, env, folder, answers: () => answers(port) });
  return { ...server, port, version: await versionOf(port) };
}
