import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Document, MongoClient } from 'mongodb';
import type { LocalMongod } from '../../deploy/local/servers.d.mts';
import type { JobDocument } from '../../shared/mongo/job-document.ts';
import { ClientLog } from '../chaos/client-log.ts';
import { eventually } from '../support/eventually.ts';
import { expectSameProcesses, processesOf } from '../support/same-processes.ts';
import { ClusterWorld } from './cluster-world.ts';
import { FaultsUnderLoad } from './under-load.ts';

const ELECTED_MS = 60_000;
const STEPPED_DOWN_SECONDS = 10;
const ROLLED_BACK_JOBS = 8;
const CLAIMED_MS = 30_000;

describe('MongoDB as a replica set of three under the whole system', function () {
  this.timeout(420_000);
  let world: ClusterWorld;
  let faults: FaultsUnderLoad;
  let processes: Readonly<Record<string, number>>;

  before(async () => {
    world = await ClusterWorld.start();
    faults = new FaultsUnderLoad(world, (line) => console.log(`      ${line}`));
    processes = processesOf(world.system);
    await world.untilReplicated();
  });

  afterEach('all members are at work again, and no service has ended', async () => {
    for (const { pid } of world.mongodb.members) if (pid !== undefined) process.kill(pid, 'SIGCONT');
    await Promise.all(world.mongodb.members.map((one) => (one.pid === undefined ? one.start() : undefined)));
    await world.untilReplicated();
    expectSameProcesses(world.system, processes);
  });

  after('the oracles speak', async () => {
    if (!world) return;
    const verdict = faults && (await faults.verdict());
    if (verdict) console.log(verdict.lines.join('\n'));
    await world.stop();
  });

  /** Does something to the primary, waits until another one is elected and works. Claims of that time may be taken back. */
  async function failOver(act: (primary: LocalMongod) => Promise<unknown>): Promise<LocalMongod> {
    const { primary: old } = await world.members();
    const fromMs = Date.now();
    await act(old);
    await eventually('another primary', async () => (await world.members()).primary !== old, ELECTED_MS);
    world.recorder.outages.push({ fromMs, toMs: Date.now() });
    return old;
  }

  async function command(member: LocalMongod, order: Document): Promise<void> {
    const client = world.memberClient(member);
    try {
      await client.db('admin').command(order);
    } finally {
      await client.close();
    }
  }

  it('the primary steps down: another is elected, jobs go on', () =>
    faults.during('primary stepped down', async ({ moreEnd }) => {
      await failOver((primary) => command(primary, { replSetStepDown: STEPPED_DOWN_SECONDS, secondaryCatchUpPeriodSecs: 5 }));
      await moreEnd();
    }));

  it('the primary killed with SIGKILL: another is elected, jobs go on while it is away', () =>
    faults.during('primary killed', async ({ moreEnd }) => {
      const old = await failOver((primary) => primary.kill());
      await moreEnd();
      await old.start();
      await world.untilReplicated();
    }));

  it('the primary frozen, and thawed when another has taken over: what it believes in meanwhile does no harm', () =>
    faults.during('primary frozen', async ({ moreEnd }) => {
      const old = await failOver(async ({ pid }) => process.kill(pid!, 'SIGSTOP'));
      try {
        await moreEnd();
      } finally {
        process.kill(old.pid!, 'SIGCONT');
      }
      await world.untilReplicated();
    }));

  it('all members restarted one after another: jobs go on throughout', () =>
    faults.during('members rolled', async ({ moreEnd }) => {
      for (const one of world.mongodb.members) {
        const fromMs = Date.now();
        await one.stop();
        await moreEnd();
        world.recorder.outages.push({ fromMs, toMs: Date.now() });
        await one.start();
        await world.untilReplicated();
      }
    }));

  it('claims that only the old primary had are rolled back: nobody acts on them, and the jobs run', async () => {
    const client = new ClientLog(world.system);
    const { primary, secondaries } = await world.members();
    const clients = new Map([primary, ...secondaries].map((one) => [one, world.memberClient(one)]));
    const replicating = (mode: 'alwaysOn' | 'off') =>
      Promise.all(secondaries.map((one) => clients.get(one)!.db('admin').command({ configureFailPoint: 'stopReplProducer', mode })));
    const workers = world.system.pidsOf('p1-worker');
    try {
      // Accepted while nobody works, so that their claims are the next writes.
      for (const pid of workers) process.kill(pid, 'SIGSTOP');
      const submitting = Array.from({ length: ROLLED_BACK_JOBS }, (_, index) =>
        client.submit(`rolled-back-${index}`, {
          type: index % 2 === 0 ? 'chaos-inline' : 'chaos-thread',
          input: { case: 'rolled back', sink: world.sink.url },
        }),
      );
      const ids = await Promise.all(submitting);
      faults.accept(ids);
      await eventually('them to be durable', async () => (await running(clients, secondaries, ids, 'QUEUED')) === 2 * ids.length);
      await replicating('alwaysOn');
      const fromMs = Date.now();
      for (const pid of workers) process.kill(pid, 'SIGCONT');
      await eventually('claims on the primary', async () => (await running(clients, [primary], ids, 'RUNNING')) > 0, CLAIMED_MS);
      const claimed = await jobsOf(clients.get(primary)!)
        .find({ _id: { $in: ids }, state: 'RUNNING' })
        .toArray();
      expect(await running(clients, secondaries, ids, 'RUNNING'), 'claims that others have').to.equal(0);
      await primary.kill();
      await replicating('off');
      await eventually('another primary', async () => (await world.members()).primary !== primary, ELECTED_MS);
      await primary.start();
      await world.untilReplicated();
      world.recorder.outages.push({ fromMs, toMs: Date.now() });
      expect(readFileSync(primary.logFile, 'utf8'), 'the log of the old primary').to.include('Rollback summary');
      await faults.drained();
      const claims = new Set(claimed.map(({ claim }) => claim));
      const results = await world.jobs.find({ _id: { $in: ids } }).toArray();
      expect(results.flatMap((job) => job.results).filter((result) => claims.has(result.claim))).to.deep.equal([]);
      console.log(`      rolled back: ${claimed.length} claims, of ${ids.length} jobs`);
    } finally {
      for (const pid of workers) process.kill(pid, 'SIGCONT');
      await Promise.all([...clients.values()].map((one) => one.close()));
    }
  });
});

const jobsOf = (client: MongoClient) => client.db().collection<JobDocument>('jobs');

/** How many of these jobs the members have in a state, each counted by each member. */
async function running(
  clients: ReadonlyMap<LocalMongod, MongoClient>,
  members: readonly LocalMongod[],
  ids: readonly string[],
  state: JobDocument['state'],
): Promise<number> {
  const counts = members.map((one) =>
    jobsOf(clients.get(one)!).countDocuments({ _id: { $in: [...ids] }, state }, { readPreference: 'nearest' }),
  );
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}
