import { join } from 'node:path';
import { type Collection, type Document, MongoClient } from 'mongodb';
import type { LocalMongod, LocalMongodb, LocalRabbitmq, LocalRabbitmqCluster } from '../../deploy/local/servers.d.mts';
import type { JobDocument } from '../../shared/mongo/job-document.ts';
import { ManagementApi } from '../../shared/rabbit/management-api.ts';
import { projectRoot } from '../../shared/runtime/project-root.ts';
import { EffectSink } from '../chaos/effect-sink.ts';
import { HistoryRecorder } from '../chaos/history-recorder.ts';
import type { Letter } from '../oracles/dead-letters.ts';
import { eventually } from '../support/eventually.ts';
import { localServers } from '../support/local-stack.ts';
import { TestSystem } from '../support/test-system.ts';

export const LEASE_MS = 5_000;
export const STAGES = ['p1', 'p2'] as const;
const DATABASE = 'jobline_cluster';
const JOB_TYPES = join(projectRoot(), 'dist/test/chaos/job-types.js');
/** The shortest that an address may ask for: a node that is cut off is noticed after two to three of them. */
const HEARTBEAT_SECONDS = 5;
const PRIMARY_MS = 60_000;
const LEADER_MS = 60_000;

/** A queue as the management API of a cluster lists it. */
export interface ClusterQueue {
  readonly name: string;
  readonly leader?: string;
  readonly members?: readonly string[];
  readonly online?: readonly string[];
}

interface Parts {
  readonly rabbitmq: LocalRabbitmqCluster;
  readonly mongodb: LocalMongodb;
  readonly system: TestSystem;
  readonly recorder: HistoryRecorder;
  readonly sink: EffectSink;
  readonly client: MongoClient;
}

/** All services on a RabbitMQ of three nodes and a MongoDB of three members, with history and effects outside recorded. */
export class ClusterWorld {
  readonly #parts: Parts;

  private constructor(parts: Parts) {
    this.#parts = parts;
  }

  static async start(): Promise<ClusterWorld> {
    const { startMongodb, startRabbitmqCluster } = await localServers();
    const [rabbitmq, mongodb] = await Promise.all([
      startRabbitmqCluster({ links: true }),
      startMongodb({ members: 3, parameters: ['enableTestCommands=1'] }),
    ]);
    const mongodbUrl = mongodb.url.replace('/?', `/${DATABASE}?`);
    const system = await TestSystem.start({
      ownServers: true,
      restart: false,
      scale: { 'p1-worker': 2 },
      env: {
        RABBITMQ_URL: rabbitmq.url.replaceAll('/,', `/?heartbeat=${HEARTBEAT_SECONDS},`).concat(`?heartbeat=${HEARTBEAT_SECONDS}`),
        RABBITMQ_MANAGEMENT_URL: rabbitmq.managementApi,
        MONGODB_URL: mongodbUrl,
        JOBLINE_JOB_TYPES: JOB_TYPES,
        LEASE_MS: String(LEASE_MS),
      },
    });
    const client = await new MongoClient(mongodbUrl, { serverSelectionTimeoutMS: PRIMARY_MS }).connect();
    const [recorder, sink] = await Promise.all([HistoryRecorder.start({ url: mongodbUrl }), EffectSink.start(STAGES)]);
    return new ClusterWorld({ rabbitmq, mongodb, system, recorder, sink, client });
  }

  get rabbitmq(): LocalRabbitmqCluster {
    return this.#parts.rabbitmq;
  }

  get mongodb(): LocalMongodb {
    return this.#parts.mongodb;
  }

  get system(): TestSystem {
    return this.#parts.system;
  }

  get recorder(): HistoryRecorder {
    return this.#parts.recorder;
  }

  get sink(): EffectSink {
    return this.#parts.sink;
  }

  get jobs(): Collection<JobDocument> {
    return this.#parts.client.db(DATABASE).collection<JobDocument>('jobs');
  }

  /** Jobs that have ended so far; waits for a primary where there is none just now. */
  async completed(): Promise<number> {
    let count: number | undefined;
    await eventually(
      'MongoDB to count the jobs',
      async () => (count = await this.jobs.countDocuments({ state: 'COMPLETED' }).catch(() => undefined)) !== undefined,
      PRIMARY_MS,
    );
    return count!;
  }

  /** Of whichever node answers. */
  get management(): ManagementApi {
    return new ManagementApi(this.rabbitmq.managementApi, this.rabbitmq.nodes[0]!.url);
  }

  async queues(): Promise<readonly ClusterQueue[]> {
    return this.management.get<ClusterQueue[]>(this.management.inVhost('queues'));
  }

  /** What lies in the dead-letter queues; it stays there. */
  async letters(): Promise<readonly Letter[]> {
    const { management: api } = this;
    const look = { count: 1_000, ackmode: 'ack_requeue_true', encoding: 'auto' };
    const found = STAGES.map((stage) => api.post<{ payload: string }[]>(api.inVhost('queues', `jobline.${stage}.dlq`, 'get'), look));
    return (await Promise.all(found)).flat().map(({ payload }) => ({ unreadable: payload }));
  }

  /** Node that leads a queue, and its number. */
  async leaderOf(queue: string): Promise<{ readonly index: number; readonly node: LocalRabbitmq }> {
    let index = -1;
    const isKnown = async (): Promise<boolean> => {
      // A cluster that has just lost a node may not be able to say.
      const queues = await this.queues().catch(() => []);
      const leader = queues.find(({ name }) => name === queue)?.leader;
      index = this.rabbitmq.nodes.findIndex(({ nodeName }) => nodeName === leader);
      return index >= 0;
    };
    await eventually(`a leader of ${queue}`, isKnown, LEADER_MS);
    return { index, node: this.rabbitmq.nodes[index]! };
  }

  /** The member of MongoDB that takes writes now, and the others. */
  async members(): Promise<{ readonly primary: LocalMongod; readonly secondaries: readonly LocalMongod[] }> {
    let primary: LocalMongod | undefined;
    await eventually(
      'a primary',
      async () => {
        const hello = await this.#ask({ hello: 1 });
        primary = this.mongodb.members.find(({ port }) => hello['primary'] === `127.0.0.1:${port}`);
        return primary !== undefined;
      },
      PRIMARY_MS,
    );
    return { primary: primary!, secondaries: this.mongodb.members.filter((one) => one !== primary) };
  }

  /** What MongoDB answers to an order of an administrator: nothing while it is in the middle of a fail-over. */
  #ask(order: Document): Promise<Document> {
    return this.#parts.client
      .db('admin')
      .command(order)
      .catch(() => ({}));
  }

  /** A client of one member alone, whatever its role. Close it. */
  memberClient({ port }: LocalMongod): MongoClient {
    return new MongoClient(`mongodb://127.0.0.1:${port}/${DATABASE}?directConnection=true&serverSelectionTimeoutMS=20000`);
  }

  /** Waits until MongoDB has one primary and two secondaries that follow it. */
  async untilReplicated(): Promise<void> {
    await eventually(
      'three members at work',
      async () => {
        const { members = [] } = await this.#ask({ replSetGetStatus: 1 });
        const states = (members as { stateStr: string }[]).map(({ stateStr }) => stateStr);
        return states.toSorted().join() === 'PRIMARY,SECONDARY,SECONDARY';
      },
      120_000,
    );
  }

  async stop(): Promise<void> {
    const { rabbitmq, mongodb, system, recorder, sink, client } = this.#parts;
    await system.stop();
    await recorder.stop();
    await Promise.all([sink.stop(), client.close()]);
    await Promise.all([rabbitmq.dispose(), mongodb.dispose()]);
  }
}
