import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type Db, MongoClient } from 'mongodb';
import type { System, SystemOptions } from '../../deploy/local/system.d.mts';
import type { JobRecord } from '../../shared/domain/job.ts';
import { databaseName } from '../../shared/mongo/database-name.ts';
import { projectRoot } from '../../shared/runtime/project-root.ts';
import { EffectLog } from './effect-log.ts';
import { eventually } from './eventually.ts';
import { localServers, localSystem } from './local-stack.ts';
import { type BrokerAddress, newVhost } from './rabbit.ts';

/** Job types of the tests, compiled: services run compiled. */
export const TEST_JOB_TYPES = join(projectRoot(), 'dist/test/support/job-types.js');

/** An answer of the API. */
export interface Answer<T = Record<string, unknown>> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

/** GET /jobs/{job_id}/status. */
export interface Status {
  readonly job_id: string;
  readonly status: string;
  readonly progress: number;
  readonly error?: string;
  readonly retry_available?: boolean;
  readonly attempt?: number;
  readonly [key: string]: unknown;
}

export interface TestSystemOptions extends Pick<SystemOptions, 'scale' | 'services' | 'env' | 'restart'> {
  readonly topology?: 'per-stage' | 'single';
  /** Servers of its own, which the test may kill. Default: a database and a virtual host on the suite's servers. */
  readonly ownServers?: boolean;
}

const ENDED = ['COMPLETED', 'FAILED', 'CANCELED', 'EXPIRED'];

/** The whole system as separate processes, and what a test asks of it: all over HTTP, but for a look into the database. */
export class TestSystem {
  readonly system: System;
  readonly effects = new EffectLog();
  readonly #drop: () => Promise<void>;
  readonly #mongo: MongoClient;
  readonly #logs: { readonly name: string; readonly line: string }[];
  readonly #said: readonly string[];

  private constructor(system: System, drop: () => Promise<void>, heard: { logs: { name: string; line: string }[]; said: string[] }) {
    this.system = system;
    this.#drop = drop;
    this.#logs = heard.logs;
    this.#said = heard.said;
    this.#mongo = new MongoClient(system.mongodbUrl, { serverSelectionTimeoutMS: 5_000 });
  }

  /** Starts it and waits until every service is ready. */
  static async start(options: TestSystemOptions = {}): Promise<TestSystem> {
    const { topology = 'per-stage', ownServers = false, env = {}, ...rest } = options;
    const { startSystem } = await localSystem();
    const servers = ownServers
      ? { env: { RABBITMQ_URL: '', RABBITMQ_MANAGEMENT_URL: '', MONGODB_URL: '' }, drop: async () => {} }
      : await suiteServers();
    const logs: { name: string; line: string }[] = [];
    const said: string[] = [];
    const system = await startSystem({
      ...rest,
      env: { JOBLINE_JOB_TYPES: TEST_JOB_TYPES, LEASE_MS: '3000', SHUTDOWN_TIMEOUT_MS: '5000', ...servers.env, ...env, TOPOLOGY: topology },
      onLog: (name, line) => logs.push({ name, line }),
      log: (line) => said.push(line),
    });
    return new TestSystem(system, servers.drop, { logs, said });
  }

  async stop(): Promise<void> {
    await this.#mongo.close();
    await this.system.stop();
    await this.#drop();
    this.effects.remove();
  }

  get db(): Db {
    return this.#mongo.db(databaseName(this.system.mongodbUrl));
  }

  /** Lines of the services' logs so far. */
  get logs(): readonly { readonly name: string; readonly line: string }[] {
    return this.#logs;
  }

  /** What the launcher said so far, e.g. `p1-worker-1 ended with code 0; ...`. */
  get said(): readonly string[] {
    return this.#said;
  }

  async request<T = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<T>> {
    const url = path.startsWith('/admin/') ? `${this.system.admin}${path}` : `${this.system.api}${path}`;
    const json = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await fetch(url, { method, headers: { 'content-type': 'application/json', ...headers }, ...json });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: (text === '' ? {} : JSON.parse(text)) as T };
  }

  /** Submits a job of a test's type; its effects go into `effects`. @returns its id. @throws Error unless 202 is answered. */
  async submit(type: string, input: Record<string, unknown> = {}, more: Record<string, unknown> = {}): Promise<string> {
    const { status, body } = await this.request('POST', '/v1/jobs', { type, input: { effects: this.effects.path, ...input }, ...more });
    if (status !== 202) throw new Error(`POST /v1/jobs answered ${status}: ${JSON.stringify(body)}`);
    return body['job_id'] as string;
  }

  async status(id: string): Promise<Status> {
    const { status, body } = await this.request<Status>('GET', `/jobs/${id}/status`);
    if (status !== 200) throw new Error(`GET status answered ${status}: ${JSON.stringify(body)}`);
    return body;
  }

  /** Waits until the job shows one of the statuses. @returns the last answer. */
  async until(id: string, statuses: readonly string[], withinMs = 30_000): Promise<Status> {
    let last: Status | undefined;
    await eventually(
      `${id} is ${statuses.join(' or ')}`,
      async () => statuses.includes((last = await this.status(id)).status),
      withinMs,
    ).catch((error: unknown) => {
      throw new Error(`${(error as Error).message}; last seen: ${JSON.stringify(last)}`);
    });
    return last!;
  }

  /** Waits until all have ended, looking into the database. @returns how many ended in which state. */
  async untilAllEnded(ids: readonly string[], withinMs = 60_000): Promise<Readonly<Record<string, number>>> {
    let counts: Record<string, number> = {};
    const count = async () => {
      const rows = this.db
        .collection<{ _id: string }>('jobs')
        .aggregate<{ _id: string; n: number }>([{ $match: { _id: { $in: [...ids] } } }, { $group: { _id: '$state', n: { $sum: 1 } } }]);
      counts = Object.fromEntries((await rows.toArray()).map(({ _id, n }) => [_id, n]));
      return ENDED.reduce((sum, state) => sum + (counts[state] ?? 0), 0) === ids.length;
    };
    await eventually(`${ids.length} jobs have ended`, () => count().catch(() => false), withinMs).catch((error: unknown) => {
      throw new Error(`${(error as Error).message}; seen: ${JSON.stringify(counts)}`);
    });
    return counts;
  }

  /** The record as it is stored. */
  async record(id: string): Promise<JobRecord> {
    return (await this.request<JobRecord & Record<string, unknown>>('GET', `/admin/v1/jobs/${id}`)).body;
  }

  pidsOf(service: string): readonly number[] {
    return this.system.processes.filter((one) => one.service === service).map(({ pid }) => pid);
  }
}

/** A virtual host and a database of its own on the servers that all tests share, or on another broker. */
export async function suiteServers(broker?: BrokerAddress): Promise<{ env: Record<string, string>; drop: () => Promise<void> }> {
  const vhost = await newVhost(broker);
  const management = new URL(vhost.managementUrl);
  const { username, password } = new URL(vhost.amqpUrl);
  management.username = username;
  management.password = password;
  const { url, end } = await suiteMongodb();
  const mongodb = new URL(url);
  mongodb.pathname = `/jobline_e2e_${randomBytes(6).toString('hex')}`;
  const drop = async () => {
    const client = new MongoClient(mongodb.href);
    await client.db(databaseName(mongodb.href)).dropDatabase();
    await client.close();
    await vhost.drop();
    await end();
  };
  return { env: { RABBITMQ_URL: vhost.amqpUrl, RABBITMQ_MANAGEMENT_URL: management.href, MONGODB_URL: mongodb.href }, drop };
}

/** The suite's MongoDB, or, for a test run by hand, one that is started now. */
async function suiteMongodb(): Promise<{ url: string; end: () => Promise<void> }> {
  const url = process.env['JOBLINE_TEST_MONGODB_URL'];
  if (url) return { url, end: async () => {} };
  const mongodb = await (await localServers()).startMongodb();
  return { url: mongodb.url, end: () => mongodb.dispose() };
}
