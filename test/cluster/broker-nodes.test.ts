import { expect } from 'chai';
import { eventually } from '../support/eventually.ts';
import { expectSameProcesses, processesOf } from '../support/same-processes.ts';
import { ClusterWorld } from './cluster-world.ts';
import { FaultsUnderLoad } from './under-load.ts';

const QUEUE = 'jobline.p1.standard';
const NODES = [0, 1, 2];
const LEADER_MS = 60_000;
/** A node that cannot be heard counts as away after 10 to 12.5 s. */
const NOTICED_MS = 60_000;

describe('RabbitMQ as a cluster of three under the whole system', function () {
  this.timeout(420_000);
  let world: ClusterWorld;
  let faults: FaultsUnderLoad;
  let processes: Readonly<Record<string, number>>;

  before(async () => {
    world = await ClusterWorld.start();
    faults = new FaultsUnderLoad(world, (line) => console.log(`      ${line}`));
    processes = processesOf(world.system);
  });

  afterEach('the cluster is whole again, and no service has ended', async () => {
    world.rabbitmq.rejoin();
    for (const { pid } of world.rabbitmq.nodes) if (pid !== undefined) process.kill(pid, 'SIGCONT');
    await Promise.all(world.rabbitmq.nodes.map((node) => (node.pid === undefined ? node.restart() : undefined)));
    await world.rabbitmq.untilJoined();
    expectSameProcesses(world.system, processes);
  });

  after('the oracles speak', async () => {
    if (!world) return;
    const verdict = faults && (await faults.verdict());
    if (verdict) console.log(verdict.lines.join('\n'));
    await world.stop();
  });

  /** Whether those that answer say that the node is away. Just after it went they may not be able to say anything. */
  async function isMissed(nodeName: string): Promise<boolean> {
    const nodes = await world.management.get<{ name: string; running: boolean }[]>('/api/nodes').catch(() => []);
    return nodes.some(({ name, running }) => name === nodeName && !running);
  }

  it('every queue, has three members, and leaders are spread over the nodes, as connections are', async () => {
    await eventually('all members of all queues', async () => {
      const queues = await world.queues();
      return queues.length >= 8 && queues.every(({ members = [], online = [] }) => members.length === 3 && online.length === 3);
    });
    const leaders = (await world.queues()).map(({ leader }) => leader);
    for (const { nodeName } of world.rabbitmq.nodes) expect(leaders.filter((leader) => leader === nodeName).length).to.be.above(1);
    let connections: { node: string }[] = [];
    await eventually('all connections to be listed', async () => {
      connections = await world.management.get('/api/connections');
      // Two of each of three workers, and one of each of the others, which consume nothing.
      return connections.length >= 8;
    });
    expect(new Set(connections.map(({ node }) => node)).size, 'nodes with connections').to.be.above(1);
  });

  for (const index of NODES) {
    it(`node ${index + 1} killed with SIGKILL: the others serve while it is away, and it comes back`, () =>
      faults.during(`node ${index + 1} killed`, async ({ moreEnd }) => {
        await world.rabbitmq.nodes[index]!.kill();
        await moreEnd();
        await world.rabbitmq.nodes[index]!.restart();
        await world.rabbitmq.untilJoined();
      }));
  }

  it('the leader of the busiest queue killed: another member leads, and jobs go on while it is away', () =>
    faults.during('leader killed', async ({ moreEnd }) => {
      const { node: old } = await world.leaderOf(QUEUE);
      await old.kill();
      await eventually('another leader', async () => (await world.leaderOf(QUEUE)).node !== old, LEADER_MS);
      await moreEnd();
      await old.restart();
      await world.rabbitmq.untilJoined();
    }));

  it('a node frozen until the others take it for dead, and thawed: the same', () =>
    faults.during('node frozen', async ({ moreEnd }) => {
      const { node } = await world.leaderOf(QUEUE);
      const pid = node.pid!;
      process.kill(pid, 'SIGSTOP');
      try {
        await eventually('the others to miss it', () => isMissed(node.nodeName), NOTICED_MS);
        await moreEnd();
      } finally {
        process.kill(pid, 'SIGCONT');
      }
      await world.rabbitmq.untilJoined();
    }));

  for (const [who, clients] of [
    ['with its clients', false],
    ['from its clients as well', true],
  ] as const) {
    it(`a node that leads cut off from the others, ${who}: clients go elsewhere, jobs go on, nothing is lost when it is back`, () =>
      faults.during(`partition, ${who}`, async ({ moreEnd }) => {
        const { index, node } = await world.leaderOf(QUEUE);
        world.rabbitmq.isolate(index, { clients });
        await eventually(
          'the others to lead without it',
          async () => (await isMissed(node.nodeName)) && (await world.leaderOf(QUEUE)).index !== index,
          NOTICED_MS,
        );
        await moreEnd();
        world.rabbitmq.rejoin();
        await world.rabbitmq.untilJoined();
      }));
  }

  it('all nodes restarted one after another: jobs go on throughout', () =>
    faults.during('nodes rolled', async ({ moreEnd }) => {
      for (const node of world.rabbitmq.nodes) {
        await node.restart();
        await world.rabbitmq.untilJoined();
        await moreEnd();
      }
    }));
});
