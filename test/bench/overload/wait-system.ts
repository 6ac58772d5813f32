import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Collection, type Document, MongoClient } from 'mongodb';
import type { System } from '../../../deploy/local/system.d.mts';
import { databaseName } from '../../../shared/mongo/database-name.ts';
import { projectRoot } from '../../../shared/runtime/project-root.ts';
import { HttpPoster, type Posted } from '../contenders/http-poster.ts';
import { acceptedIds, BATCH_CONTENT_TYPE, BATCH_PATH } from '../contenders/jobline/batch-api.ts';
import { startServices } from '../contenders/jobline/start-jobline.ts';
import { nothingOpen } from '../contenders/mongo-reader.ts';
import { WAIT_TYPE, type WaitInput } from './job-types.ts';
import type { TruthRecord } from './record-truth.ts';

const JOB_TYPES = join(projectRoot(), 'dist/test/bench/overload/job-types.js');
/** More than are ever in flight: an open loop must not wait for a connection. */
const CONNECTIONS = 5_000;
/** All clients come from one address here; the bounds of a single client are not what is measured. */
const MANY_CLIENTS = { MAX_IN_FLIGHT_PER_CLIENT: '10000', MAX_CONNECTIONS_PER_ADDRESS: '10000' };
const LOOK_MS = 100;
/** One job in so many fails once. */
const FAILS_EACH = 100;

/** Whether the first attempt of a job is made to fail. */
export const failsOnce = (n: number): boolean => n % FAILS_EACH === FAILS_EACH / 2;

/** The released services, as `npm start` starts them, on servers of their own, with the job type of the overload. */
export class WaitSystem {
  readonly system: System;
  readonly jobs: Collection<Document>;
  readonly executions: string;
  readonly #mongo: MongoClient;
  readonly #poster: HttpPoster;
  readonly #waitMs: number;

  private constructor(system: System, mongo: MongoClient, waitMs: number) {
    this.system = system;
    this.#mongo = mongo;
    this.#waitMs = waitMs;
    this.jobs = mongo.db(databaseName(system.mongodbUrl)).collection('jobs');
    this.#poster = new HttpPoster(system.api, CONNECTIONS);
    this.executions = join(system.folder, 'executions');
    mkdirSync(this.executions);
  }

  /** @param env beside the default configuration, in which one address may be as many clients as it likes */
  static async start(env: Readonly<Record<string, string>>, waitMs: number): Promise<WaitSystem> {
    const system = await startServices(JOB_TYPES, { env: { ...MANY_CLIENTS, ...env } });
    try {
      return new WaitSystem(system, await new MongoClient(system.mongodbUrl).connect(), waitMs);
    } catch (error) {
      await system.stop();
      throw error;
    }
  }

  /** Submits job `n`; whoever comes back comes with the same key, since a 503 may have stored the job. */
  post(n: number): Promise<Posted> {
    return this.#poster.post('/v1/jobs', 'application/json', this.#body(n), `job-${n}`);
  }

  /** Submits many at once. @throws Error unless all are accepted. */
  async postAll(from: number, count: number): Promise<void> {
    const lines = Array.from({ length: count }, (_, index) => `${this.#body(from + index)}\n`).join('');
    const { status, text } = await this.#poster.post(BATCH_PATH, BATCH_CONTENT_TYPE, lines);
    const accepted = acceptedIds(status, text).length;
    if (accepted !== count) throw new Error(`${count} jobs were sent, ${accepted} answered.`);
  }

  /** @throws Error when jobs are open after this time */
  async untilNothingOpen(timeoutSeconds: number): Promise<void> {
    const untilMs = performance.now() + timeoutSeconds * 1_000;
    while (!(await nothingOpen(this.jobs))) {
      if (performance.now() > untilMs) throw new Error(`Jobs had not ended after ${timeoutSeconds} s.`);
      await delay(LOOK_MS);
    }
  }

  /** Every job that there is, as its record tells of it. */
  async records(): Promise<readonly TruthRecord[]> {
    const projection = { state: 1, createdAt: 1, doneAt: 1, results: 1, log: 1 };
    const found = await this.jobs.find({}, { projection }).toArray();
    return found.map(({ _id, ...record }) => ({ id: String(_id), ...record }) as unknown as TruthRecord);
  }

  /** Process → process id, of the services alone. */
  processes(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.system.processes.map(({ service, pid }) => [service, pid]));
  }

  async stop(): Promise<void> {
    this.#poster.end();
    await this.#mongo.close();
    await this.system.stop();
  }

  #body(n: number): string {
    const input: WaitInput = { n, waitMs: this.#waitMs, folder: this.executions, failsOnce: failsOnce(n) };
    return JSON.stringify({ type: WAIT_TYPE, lane: 'standard', input });
  }
}
