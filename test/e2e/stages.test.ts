import { join } from 'node:path';
import { expect } from 'chai';
import { ManagementApi } from '../../shared/rabbit/management-api.ts';
import { projectRoot } from '../../shared/runtime/project-root.ts';
import { eventually } from '../support/eventually.ts';
import { evidenceOf, problemsOf } from '../support/job-evidence.ts';
import { type Status, TestSystem } from '../support/test-system.ts';

const TOPOLOGIES = ['per-stage', 'single'] as const;
type Topology = (typeof TOPOLOGIES)[number];
const P3_WORKER = { name: 'p3-worker', main: join(projectRoot(), 'dist/test/support/p3-worker/main.js') };
const SERVICES = {
  'per-stage': ['gateway', 'p1-worker', 'p2-worker', P3_WORKER, 'scheduler'],
  single: ['gateway', 'single-worker', 'scheduler'],
};
/** Letters of jobs that were replayed are cleared away once a minute, by a scheduler that may have just begun its round. */
const JANITOR_MS = 130_000;

/** Messages that the management API takes out of a queue. */
interface TakenMessage {
  readonly payload: string;
  readonly properties: object;
}

describe('Stages', function () {
  this.timeout(200_000);
  const systems = new Map<Topology, TestSystem>();

  before(async () => {
    await Promise.all(
      TOPOLOGIES.map(async (topology) => {
        systems.set(topology, await TestSystem.start({ topology, services: SERVICES[topology], env: { WORKER_CONCURRENCY: '3' } }));
      }),
    );
  });

  after(() => Promise.all([...systems.values()].map((system) => system.stop())));

  for (const topology of TOPOLOGIES) {
    it(`P2 of one job and P1 of another, ${topology} topology: run at the same time`, async () => {
      const system = systems.get(topology)!;
      const first = await system.submit('wait', { waitMs: { p2: 2_000 } });
      await system.until(first, ['PROCESS_2_RUNNING']);
      const second = await system.submit('wait', { waitMs: { p1: 1_000 } });
      expect(await system.untilAllEnded([first, second])).to.deep.equal({ COMPLETED: 2 });
      const [p2Ended] = system.effects.of(first, 'p2', 'ended');
      const [p1Started] = system.effects.of(second, 'p1', 'started');
      expect(p1Started!.atMs).to.be.below(p2Ended!.atMs);
    });

    it(`many jobs, ${topology} topology: no P2 starts before its P1 is committed`, async () => {
      const system = systems.get(topology)!;
      const types = ['noop', 'wait', 'wait-inline', 'wait-process'];
      const ids = await Promise.all(Array.from({ length: 40 }, (_, index) => system.submit(types[index % types.length]!)));
      expect(await system.untilAllEnded(ids)).to.deep.equal({ COMPLETED: ids.length });
      expect(problemsOf(await evidenceOf(system, ids))).to.deep.equal([]);
    });

    it(`a third stage, ${topology} topology: costs a pipeline entry and a service folder, and shows as the third of three`, async () => {
      const system = systems.get(topology)!;
      const id = await system.submit('three', { waitMs: { p1: 400, p2: 400, p3: 400 } });
      const seen: Status[] = [];
      await eventually('it to complete', async () => seen[seen.push(await system.status(id)) - 1]!.status === 'COMPLETED', 30_000);
      const running = (stage: number) => seen.filter(({ status }) => status === `PROCESS_${stage}_RUNNING`).map(({ progress }) => progress);
      expect(running(1).every((progress) => progress >= 17 && progress < 33) && running(1).length > 0).to.equal(true);
      expect(running(2).every((progress) => progress >= 50 && progress < 67) && running(2).length > 0).to.equal(true);
      expect(running(3).every((progress) => progress >= 83 && progress < 100) && running(3).length > 0).to.equal(true);
      const order = [
        'QUEUED',
        'PROCESS_1_RUNNING',
        'PROCESS_1_DONE',
        'PROCESS_2_RUNNING',
        'PROCESS_2_DONE',
        'PROCESS_3_RUNNING',
        'COMPLETED',
      ];
      const statuses = [...new Set(seen.map(({ status }) => status))];
      expect(statuses).to.deep.equal(order.filter((status) => statuses.includes(status)));
      const progress = seen.map((one) => one.progress);
      expect(progress).to.deep.equal(progress.toSorted((a, b) => a - b));
      expect(problemsOf(await evidenceOf(system, [id]), ['p1', 'p2', 'p3'])).to.deep.equal([]);
      const [worker] = system.pidsOf(topology === 'single' ? 'single-worker' : 'p3-worker');
      expect(system.effects.of(id, 'p3', 'started').map(({ pid }) => pid)).to.deep.equal([worker]);
    });
  }

  it('P2 that fails for good: is a dead letter of its own stage, is replayed in three ways, and never re-runs P1', async () => {
    await Promise.all([...systems].map(([topology, system]) => replayInThreeWays(system, topology)));
  });
});

async function replayInThreeWays(system: TestSystem, topology: Topology): Promise<void> {
  const api = new ManagementApi(system.system.managementUrl!, system.system.rabbitmqUrl);
  const fail = () => system.submit('poison', { poison: { stage: 'p2', how: 'throw', runs: 1 } });
  const [byUser, byOperator, byHand] = [await fail(), await fail(), await fail()];
  const ids = [byUser, byOperator, byHand];
  expect(await system.untilAllEnded(ids)).to.deep.equal({ FAILED: 3 });
  for (const one of await evidenceOf(system, ids)) {
    expect(one.record).to.deep.include({ stage: 1, attempt: 2 });
    expect(startsOf(system, one.id)).to.deep.equal(['p1:0', 'p2:0', 'p2:0']);
  }
  await deadLettersAre(system, api, 'p2', ids);
  await deadLettersAre(system, api, 'p1', []);

  await moveByHand(api, byHand, topology === 'single' ? 'jobline.single.standard' : 'jobline.p2.standard');
  const retried = await system.request('POST', `/v1/jobs/${byUser}/retry`);
  expect(retried.status).to.equal(202);
  const replayed = await system.request('POST', '/admin/v1/dead-letters/replay', { stage: 'p2', job_ids: [byOperator] });
  expect(replayed.body).to.deep.equal({ stage: 'p2', results: [{ job_id: byOperator, outcome: 'replayed', gen: 5, run: 1 }] });

  await eventually(
    'all to be completed',
    async () => (await Promise.all(ids.map((id) => system.status(id)))).every(({ status }) => status === 'COMPLETED'),
    30_000,
  );
  for (const one of await evidenceOf(system, ids)) {
    expect(startsOf(system, one.id)).to.deep.equal(['p1:0', 'p2:0', 'p2:0', 'p2:1']);
    expect(one.record.results.map(({ stage, run }) => [stage, run])).to.deep.equal([
      [0, 0],
      [1, 1],
    ]);
  }
  await deadLettersAre(system, api, 'p2', []);
}

function startsOf(system: TestSystem, id: string): readonly string[] {
  return system.effects.of(id, undefined, 'started').map(({ stage, run }) => `${stage}:${run}`);
}

/** The store's view, RabbitMQ's depth as the gateway asks for it, and as the management API counts it. */
async function deadLettersAre(system: TestSystem, api: ManagementApi, stage: string, ids: readonly string[]): Promise<void> {
  let seen: unknown;
  const agree = async () => {
    const view = await system.request<{ dead_letters: { job_id: string }[] }>('GET', `/admin/v1/dead-letters?stage=${stage}`);
    const { messages } = await api.get<{ messages?: number }>(api.inVhost('queues', `jobline.${stage}.dlq`));
    seen = { jobs: view.body.dead_letters.map(({ job_id }) => job_id).toSorted(), messages };
    return JSON.stringify(seen) === JSON.stringify({ jobs: ids.toSorted(), messages: ids.length });
  };
  await eventually(`the dead letters of ${stage} to be those of ${ids.length} jobs`, agree, JANITOR_MS).catch((error: unknown) => {
    throw new Error(`${(error as Error).message}; seen: ${JSON.stringify(seen)}`);
  });
}

/** As an operator does in RabbitMQ's management UI: takes the letters out, and puts that of one job into the stage's queue. */
async function moveByHand(api: ManagementApi, id: string, queue: string): Promise<void> {
  let taken: TakenMessage | undefined;
  const publish = (to: string, { payload, properties }: TakenMessage) =>
    api.post(api.inVhost('exchanges', 'amq.default', 'publish'), { routing_key: to, payload, payload_encoding: 'string', properties });
  await eventually('its dead letter', async () => {
    const taking = { count: 1, ackmode: 'ack_requeue_false', encoding: 'auto' };
    const [message] = await api.post<TakenMessage[]>(api.inVhost('queues', 'jobline.p2.dlq', 'get'), taking);
    if (message?.payload.includes(id)) taken = message;
    else if (message) await publish('jobline.p2.dlq', message);
    return taken !== undefined;
  });
  await publish(queue, taken!);
}
