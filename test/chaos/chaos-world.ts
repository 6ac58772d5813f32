import { join } from 'node:path';
import { type Collection, type Db, MongoClient } from 'mongodb';
import type { JobRecord } from '../../shared/domain/job.ts';
import { databaseName } from '../../shared/mongo/database-name.ts';
import { type JobDocument, recordOf } from '../../shared/mongo/job-document.ts';
import { ManagementApi } from '../../shared/rabbit/management-api.ts';
import { projectRoot } from '../../shared/runtime/project-root.ts';
import type { HistoryObserver } from '../oracles/history-observer.ts';
import { eventNotesOf } from '../support/event-notes-of.ts';
import { eventually } from '../support/eventually.ts';
import type { BrokerAddress } from '../support/rabbit.ts';
import { proxyTo, type RabbitProxy } from '../support/rabbit-proxy.ts';
import { suiteServers, TestSystem } from '../support/test-system.ts';
import { EffectSink } from './effect-sink.ts';
import type { Role } from './failpoint-cases.ts';
import { FailpointControl } from './failpoint-control.ts';
import { HistoryRecorder } from './history-recorder.ts';
import { stuckEvidence } from './stuck-evidence.ts';

/** The shortest that is allowed. */
export const LEASE_MS = 3_000;
export const STAGES = ['p1', 'p2'] as const;
const JOB_TYPES = join(projectRoot(), 'dist/test/chaos/job-types.js');
/** A frozen client must not be held up by a proxy that is closed. */
const CATCH_UP_MS = 30_000;
/** Jobs that have not ended, or owe something. */
const OPEN = { $or: [{ active: { $exists: true } }, { 'pub.due': { $exists: true } }, { 'evt.due': { $exists: true } }] } as object;

export interface WorldOptions {
  readonly topology?: 'per-stage' | 'single';
  readonly scale?: Readonly<Record<string, number>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Default: a new one. */
  readonly observer?: HistoryObserver;
  /** Default: the suite's. */
  readonly broker?: BrokerAddress;
  /** 5 to 60; default 10. A dead connection is noticed after two to three of them. */
  readonly heartbeatSeconds?: number;
  /** SCRATCH_DIR of the workers, where the test fills it. */
  readonly scratch?: string;
}

interface Parts {
  readonly system: TestSystem;
  readonly control: FailpointControl;
  readonly amqp: RabbitProxy;
  readonly mongo: RabbitProxy;
  readonly sink: EffectSink;
  readonly recorder: HistoryRecorder;
  readonly client: MongoClient;
  /** URLs past the proxies. */
  readonly direct: Readonly<Record<'RABBITMQ_URL' | 'RABBITMQ_MANAGEMENT_URL' | 'MONGODB_URL', string>>;
  /** Where the test may fill the workers' disk. */
  readonly scratch: string | undefined;
  drop(): Promise<void>;
}

/** One running system on servers behind proxies, its failpoints under control, its history and its effects outside recorded. */
export class ChaosWorld {
  readonly #parts: Parts;

  private constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Starts it and waits until every service is ready. Services that end are started again by the test alone. */
  static async start(options: WorldOptions = {}): Promise<ChaosWorld> {
    const { topology = 'per-stage', scale = {}, env = {}, observer, broker, heartbeatSeconds = 10, scratch } = options;
    const { env: servers, drop } = await suiteServers(broker);
    const direct = servers as Parts['direct'];
    const amqp = await proxyTo({ amqpUrl: direct.RABBITMQ_URL, managementUrl: '' });
    const mongo = await proxyTo({ amqpUrl: viaOneMember(direct.MONGODB_URL), managementUrl: '' });
    const control = await FailpointControl.start();
    const system = await TestSystem.start({
      topology,
      scale,
      ownServers: true,
      restart: false,
      env: {
        ...direct,
        RABBITMQ_URL: `${amqp.address.amqpUrl}?heartbeat=${heartbeatSeconds}`,
        MONGODB_URL: mongo.address.amqpUrl,
        JOBLINE_JOB_TYPES: JOB_TYPES,
        JOBLINE_FAILPOINTS: control.url,
        LEASE_MS: String(LEASE_MS),
        // Few jobs are held at once: those whose worker is killed run one by one afterwards.
        INLINE_PREFETCH: '4',
        ...(scratch !== undefined && { SCRATCH_DIR: scratch }),
        ...env,
      },
    }).catch(async (error: unknown) => {
      await Promise.all([control.stop(), amqp.close(), mongo.close()]);
      await drop();
      throw error;
    });
    const recorder = await HistoryRecorder.start({ url: direct.MONGODB_URL, ...(observer && { observer }) });
    const client = await new MongoClient(direct.MONGODB_URL).connect();
    const sink = await EffectSink.start(STAGES);
    return new ChaosWorld({ system, control, amqp, mongo, sink, recorder, client, direct, scratch, drop });
  }

  get system(): TestSystem {
    return this.#parts.system;
  }

  get control(): FailpointControl {
    return this.#parts.control;
  }

  /** Between the services and RabbitMQ. */
  get amqp(): RabbitProxy {
    return this.#parts.amqp;
  }

  /** Between the services and MongoDB. */
  get mongo(): RabbitProxy {
    return this.#parts.mongo;
  }

  get sink(): EffectSink {
    return this.#parts.sink;
  }

  get recorder(): HistoryRecorder {
    return this.#parts.recorder;
  }

  get scratch(): string | undefined {
    return this.#parts.scratch;
  }

  /** Past the proxy. */
  get db(): Db {
    return this.#parts.client.db(databaseName(this.#parts.direct.MONGODB_URL));
  }

  get jobs(): Collection<JobDocument> {
    return this.db.collection<JobDocument>('jobs');
  }

  get management(): ManagementApi {
    const { RABBITMQ_MANAGEMENT_URL, RABBITMQ_URL } = this.#parts.direct;
    return new ManagementApi(RABBITMQ_MANAGEMENT_URL, RABBITMQ_URL);
  }

  async records(): Promise<readonly JobRecord[]> {
    return (await this.jobs.find({}).toArray()).map(recordOf);
  }

  /** Processes that do this in the present topology; of two stages' workers those of the first. */
  pidsOf(role: Role): readonly number[] {
    const services = role === 'worker' ? ['p1-worker', 'single-worker'] : [role];
    return services.flatMap((service) => this.system.pidsOf(service));
  }

  /** Whether one of these jobs belongs to the case. */
  async hasJobOf(name: string, ids: readonly string[]): Promise<boolean> {
    const found = await this.jobs.findOne({ _id: { $in: [...ids] }, payload: { $regex: `"case":"${name}"` } }, { projection: { _id: 1 } });
    return found !== null;
  }

  /**
   * Waits until every job has ended and owes nothing, and the recorder has seen it. @throws Error with what may tell why not.
   * @param late told the same when it takes longer than that.
   */
  async drained(withinMs: number, late: { readonly afterMs: number; tell(evidence: string): void }): Promise<void> {
    const isDrained = async () => (await this.jobs.countDocuments(OPEN)) + (await eventNotesOf(this.jobs).countDocuments()) === 0;
    const soon = await eventually('all jobs to end', isDrained, late.afterMs).then(
      () => true,
      () => false,
    );
    if (!soon) {
      late.tell(await this.#evidence());
      await eventually('all jobs to end', isDrained, withinMs - late.afterMs).catch(async (error: Error) => {
        throw new Error(`${error.message}\n${await this.#evidence()}`);
      });
    }
    await this.recorder.caughtUp(CATCH_UP_MS);
  }

  async #evidence(): Promise<string> {
    return stuckEvidence(this, await this.jobs.find(OPEN).limit(3).toArray());
  }

  /** Lines of the services' logs with this message. */
  logged(message: string): number {
    return this.system.logs.filter(({ line }) => line.includes(message)).length;
  }

  async stop(): Promise<void> {
    const { control, recorder, system, amqp, mongo, sink, client, drop } = this.#parts;
    await control.stop();
    await system.stop();
    await recorder.stop();
    await Promise.all([amqp.close(), mongo.close(), sink.stop(), client.close()]);
    await drop();
  }
}

/** A proxy stands before one member: the driver must not ask it for others. */
function viaOneMember(mongodbUrl: string): string {
  const url = new URL(mongodbUrl);
  url.search = '?directConnection=true';
  return url.href;
}
