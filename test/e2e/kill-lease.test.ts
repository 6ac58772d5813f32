import { expect } from 'chai';
import { eventually } from '../support/eventually.ts';
import { countOf, evidenceOf, problemsOf } from '../support/job-evidence.ts';
import { TestSystem } from '../support/test-system.ts';

const LEASE_MS = 3_000;
const LONG_MS = 4 * LEASE_MS;
const TOPOLOGIES = ['per-stage', 'single'] as const;
type Topology = (typeof TOPOLOGIES)[number];
const FIRST_WORKER = { 'per-stage': 'p1-worker', single: 'single-worker' } as const;

describe('Leases', function () {
  this.timeout(120_000);
  const systems = new Map<Topology, TestSystem>();

  before(async () => {
    await Promise.all(
      TOPOLOGIES.map(async (topology) => {
        const env = { LEASE_MS: String(LEASE_MS), WORKER_CONCURRENCY: '4' };
        systems.set(topology, await TestSystem.start({ topology, env, scale: { [FIRST_WORKER[topology]]: 2 } }));
      }),
    );
  });

  after(() => Promise.all([...systems.values()].map((system) => system.stop())));

  it('jobs that run for several leases: are started once, since their worker says that it lives', async () => {
    const checks = [...systems.values()].map(async (system) => {
      const types = ['wait', 'wait-process', 'wait-inline'];
      const ids = await Promise.all(types.map((type) => system.submit(type, { waitMs: { p1: LONG_MS } })));
      await system.untilAllEnded(ids);
      const all = await evidenceOf(system, ids);
      expect(problemsOf(all)).to.deep.equal([]);
      for (const { record, effects } of all) {
        expect(record.log).to.deep.equal([]);
        expect(record.results.map(({ epoch }) => epoch)).to.deep.equal([1, 2]);
        const [started, ended] = effects;
        expect(ended!.atMs - started!.atMs).to.be.at.least(LONG_MS - 100);
      }
    });
    await Promise.all(checks);
  });

  it('a worker frozen for longer than its lease: another completes its jobs, and what it brings later is discarded', async () => {
    await Promise.all([...systems].map(([topology, system]) => freezeAndThaw(system, FIRST_WORKER[topology])));
  });
});

/** SIGSTOP until others are at its work, then SIGCONT: what it brings would still fit the job's state, were it not for the claim. */
async function freezeAndThaw(system: TestSystem, service: string): Promise<void> {
  const ids = await Promise.all(['wait', 'wait-process'].map((type) => system.submit(type, { waitMs: { p1: 2_500 } })));
  await eventually('both to run', () => ids.every((id) => system.effects.of(id, 'p1', 'started').length === 1));
  const before = await evidenceOf(system, ids);
  const zombies = [...new Set(before.map(({ record }) => Number(record.owner!.split(':')[1])))];
  for (const pid of zombies) process.kill(pid, 'SIGSTOP');
  try {
    // Where both were frozen nobody would be left. A bell that waits at a frozen one comes back when its connection times out.
    for (const _ of zombies.slice(1)) await system.system.spawnService(service);
    const isRunElsewhere = (id: string) => system.effects.of(id, 'p1', 'started').length === 2;
    await eventually('another to run them', () => ids.every(isRunElsewhere), 60_000);
  } finally {
    for (const pid of zombies) process.kill(pid, 'SIGCONT');
  }
  const isDiscarded = (id: string) =>
    system.logs.some(({ line }) => line.includes(id) && line.includes('claim was gone, result discarded'));
  await eventually('what the frozen one brings to be discarded', () => ids.every(isDiscarded), 20_000);
  expect(await system.untilAllEnded(ids)).to.deep.equal({ COMPLETED: ids.length });
  const all = await evidenceOf(system, ids);
  expect(problemsOf(all)).to.deep.equal([]);
  for (const [index, one] of all.entries()) {
    const { claim } = before[index]!.record;
    expect(countOf(one, 'lease_lost', 0)).to.equal(1);
    expect(one.record.log[0]!.claim).to.equal(claim);
    expect(one.record.results.map((result) => result.claim)).to.not.include(claim);
    expect(one.effects.filter(({ stage, what }) => stage === 'p1' && what === 'started')).to.have.length(2);
  }
}
