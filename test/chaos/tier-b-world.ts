import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Collection, MongoClient } from 'mongodb';
import type { LocalMongodb, LocalRabbitmq } from '../../deploy/local/servers.d.mts';
import { databaseName } from '../../shared/mongo/database-name.ts';
import type { JobDocument } from '../../shared/mongo/job-document.ts';
import { ManagementApi } from '../../shared/rabbit/management-api.ts';
import { projectRoot } from '../../shared/runtime/project-root.ts';
import { localModule, localServers } from '../support/local-stack.ts';
import { proxyTo, type RabbitProxy } from '../support/rabbit-proxy.ts';
import { TestSystem } from '../support/test-system.ts';
import { EffectSink } from './effect-sink.ts';
import { HistoryRecorder } from './history-recorder.ts';
import { ProcessMinder } from './process-minder.ts';
import { mountScratch } from './small-scratch.ts';

export const LEASE_MS = 3_000;
export const STAGE_NAMES = ['p1', 'p2', 'p3'] as const;
const DATABASE = 'jobline_chaos';
/** Service → processes; two of them have clocks of their own. */
const WANTED = { gateway: 1, 'p1-worker': 1, 'p1-worker-clock': 1, 'p2-worker': 2, 'p3-worker': 1, scheduler: 1, 'scheduler-clock': 1 };

const dist = (path: string): string => join(projectRoot(), 'dist', path);

/** Everything that a tier B run needs: servers of its own behind proxies, all services, the sink, and the recorder of history. */
export interface TierBWorld {
  readonly system: TestSystem;
  readonly rabbitmq: LocalRabbitmq;
  readonly mongodb: LocalMongodb;
  readonly amqpProxy: RabbitProxy;
  readonly mongoProxy: RabbitProxy;
  /** To MongoDB itself, past the proxy. */
  readonly client: MongoClient;
  readonly jobs: Collection<JobDocument>;
  readonly sink: EffectSink;
  readonly recorder: HistoryRecorder;
  readonly minder: ProcessMinder;
  readonly management: ManagementApi;
  readonly scratchDir: string;
  /** Whether the workers' scratch folder is a small disk of its own. */
  readonly hasSmallScratch: boolean;
  /** Sets the clocks of one p1-worker and one scheduler off by so much. */
  setClock(offsetSeconds: number): void;
  stop(): Promise<void>;
}

async function clockedEnvironment(file: string, say: (line: string) => void): Promise<Record<string, string>> {
  const { findFaketime } = await localModule<{ findFaketime(log: (line: string) => void): Promise<string> }>('install/find-faketime.mjs');
  writeFileSync(file, '+0\n');
  // Leases are measured on the monotonic clock, which no administrator can set.
  const faketime = { FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1' };
  return { LD_PRELOAD: await findFaketime(say), ...faketime };
}

/** Starts it all. @throws Error when something does not start; what was started is left to the keeper of the local stack. */
export async function startTierBWorld(say: (line: string) => void): Promise<TierBWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'jobline-chaos-'));
  const scratchDir = join(folder, 'scratch');
  mkdirSync(scratchDir);
  const hasSmallScratch = process.getuid?.() === 0;
  const unmount = hasSmallScratch ? mountScratch(scratchDir) : () => {};
  const clockFile = join(folder, 'clock');
  const clocked = await clockedEnvironment(clockFile, say);
  const { startMongodb, startRabbitmq } = await localServers();
  const [rabbitmq, mongodb] = await Promise.all([startRabbitmq(), startMongodb({ parameters: ['enableTestCommands=1'] })]);
  const direct = new URL(mongodb.url);
  direct.pathname = `/${DATABASE}`;
  const mongoAddress = `mongodb://${direct.host}/${DATABASE}?directConnection=true`;
  const amqpProxy = await proxyTo({ amqpUrl: rabbitmq.url, managementUrl: '' });
  const mongoProxy = await proxyTo({ amqpUrl: mongoAddress, managementUrl: '' });
  const system = await TestSystem.start({
    services: [
      'gateway',
      'p1-worker',
      { name: 'p1-worker-clock', main: dist('services/p1-worker/main.js'), env: clocked },
      'p2-worker',
      { name: 'p3-worker', main: dist('test/support/p3-worker/main.js') },
      'scheduler',
      { name: 'scheduler-clock', main: dist('services/scheduler/main.js'), env: clocked },
    ],
    scale: { 'p2-worker': WANTED['p2-worker'] },
    ownServers: true,
    restart: false,
    env: {
      RABBITMQ_URL: amqpProxy.address.amqpUrl,
      RABBITMQ_MANAGEMENT_URL: rabbitmq.managementApi,
      MONGODB_URL: mongoProxy.address.amqpUrl,
      JOBLINE_JOB_TYPES: dist('test/chaos/three-stage-types.js'),
      LEASE_MS: String(LEASE_MS),
      SCRATCH_DIR: scratchDir,
      INLINE_PREFETCH: '32',
      RERUN_FAILED_AFTER_MINUTES: '0',
      NIGHTLY_RERUN_CRON: 'off',
    },
  });
  const client = await new MongoClient(direct.href, { serverSelectionTimeoutMS: 60_000 }).connect();
  const sink = await EffectSink.start(STAGE_NAMES);
  const recorder = await HistoryRecorder.start({ url: direct.href });
  const minder = new ProcessMinder(system.system, WANTED);
  return {
    system,
    rabbitmq,
    mongodb,
    amqpProxy,
    mongoProxy,
    client,
    sink,
    recorder,
    minder,
    scratchDir,
    hasSmallScratch,
    jobs: client.db(databaseName(direct.href)).collection<JobDocument>('jobs'),
    management: new ManagementApi(rabbitmq.managementUrl, rabbitmq.url),
    setClock: (offsetSeconds) => writeFileSync(clockFile, `${offsetSeconds < 0 ? '' : '+'}${offsetSeconds}s\n`),
    stop: async () => {
      await minder.stop();
      await recorder.stop();
      await system.stop();
      await sink.stop();
      await client.close();
      await Promise.all([amqpProxy.close(), mongoProxy.close()]);
      await Promise.all([rabbitmq.dispose(), mongodb.dispose()]);
      unmount();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
