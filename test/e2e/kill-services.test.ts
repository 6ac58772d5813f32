import { expect } from 'chai';
import { eventually } from '../support/eventually.ts';
import { countOf, type Evidence, evidenceOf, heldBy, problemsOf } from '../support/job-evidence.ts';
import { OpenJobs } from '../support/open-jobs.ts';
import { TestSystem } from '../support/test-system.ts';

const LEAST_JOBS = 40;
const ISOLATED = ['wait', 'wait-process', 'wait-inline'];
/** Two loads, lest jobs that wait for a slot keep those away that need none. */
const LOADS = [
  { types: ['noop', 'wait-inline'], open: 8 },
  { types: ['wait', 'wait-process'], open: 10 },
];
/** A job whose gateway died between insert and bell is rung by the relay after 15 s. */
const RECOVERY_MS = 90_000;
const WORKERS = { 'per-stage': ['p1-worker', 'p2-worker'], single: ['single-worker'] };

for (const topology of ['per-stage', 'single'] as const) {
  describe(`Services killed with SIGKILL, ${topology} topology`, function () {
    this.timeout(240_000);
    const workers = WORKERS[topology];
    let system: TestSystem;
    /** How often a job was held by a worker that was killed. */
    const killedWith = new Map<string, number>();
    const typesKilled = new Set<string>();

    before(async () => {
      system = await TestSystem.start({ topology, env: { LEASE_MS: '6000', WORKER_CONCURRENCY: '4' } });
    });

    after(() => system?.stop());

    /** Kills the services' processes at once; waits until they are up again. */
    async function killAll(services: readonly string[]): Promise<void> {
      await eventually('no job to be one crash from its end', async () => !(await crashing(system)), 30_000);
      for (const service of services.filter((one) => workers.includes(one))) await untilBusy(service);
      const said = system.said.length;
      const killed = (await Promise.all(services.map((service) => system.system.kill(service)))).flat();
      for (const pid of killed) await noteHeld(pid);
      await eventually(
        `${services.join(', ')} to be ready again`,
        () => system.said.slice(said).filter((line) => line.includes('is ready again')).length >= killed.length,
        60_000,
      );
    }

    /** A worker in the middle of jobs of every isolation. */
    function untilBusy(service: string): Promise<void> {
      return eventually(
        `${service} to be in the middle of jobs`,
        async () => {
          const held = await heldBy(system, system.pidsOf(service)[0] ?? 0);
          return ISOLATED.every((type) => held.some((job) => job.type === type));
        },
        60_000,
      );
    }

    async function noteHeld(pid: number): Promise<void> {
      for (const { id, type } of await heldBy(system, pid)) {
        killedWith.set(id, (killedWith.get(id) ?? 0) + 1);
        typesKilled.add(type);
      }
    }

    it('in the middle of jobs, one after the other and all at once: each accepted job is completed, once', async () => {
      const loads = LOADS.map((load) => new OpenJobs(system, { ...load, input: { waitMs: { p1: 300, p2: 600 } } }));
      try {
        for (const service of workers) await killAll([service]);
        await killAll(['gateway']);
        await killAll(['scheduler']);
        await killAll(['gateway', 'scheduler', ...workers]);
        const accepted = () => loads.reduce((sum, load) => sum + load.accepted.length, 0);
        await eventually(`${LEAST_JOBS} jobs`, () => accepted() >= LEAST_JOBS, 60_000);
      } finally {
        await Promise.all(loads.map((load) => load.end()));
      }
      const accepted = loads.flatMap((load) => load.accepted);
      // Those whose answer was lost with the gateway run as well.
      const all = await system.db.collection<{ _id: string }>('jobs').distinct('_id');
      expect(all).to.include.members(accepted);
      expect(await system.untilAllEnded(all, RECOVERY_MS)).to.deep.equal({ COMPLETED: all.length });
      const evidence = await evidenceOf(system, all);
      expect(problemsOf(evidence)).to.deep.equal([]);
      expectOnlyCrashes(evidence);
    });

    /** A claim ended otherwise by the death of its worker, or was handed back by one that was held up; no attempt failed. */
    function expectOnlyCrashes(all: readonly Evidence[]): void {
      expect([...typesKilled], 'types killed in the middle').to.include.members(ISOLATED);
      const crashed = all.filter((one) => countOf(one, 'lease_lost') > 0);
      expect(crashed.length, 'jobs whose worker was killed').to.be.above(0);
      const others = all.flatMap(({ record }) => record.log.filter(({ event }) => event !== 'lease_lost' && event !== 'released'));
      expect(others).to.deep.equal([]);
      const unheld = crashed.filter((one) => countOf(one, 'lease_lost') > (killedWith.get(one.id) ?? 0));
      expect(unheld.map(({ id, record }) => ({ id, log: record.log }))).to.deep.equal([]);
      const lastStage = all.filter(({ record }) => record.crashes !== countOf({ id: '', record, effects: [] }, 'lease_lost', 1));
      expect(
        lastStage.map(({ id }) => id),
        'crashes that are not in the log',
      ).to.deep.equal([]);
    }
  });
}

/** A further crash would make it a dead letter. */
async function crashing({ db }: TestSystem): Promise<boolean> {
  return (await db.collection('jobs').countDocuments({ active: true, crashes: { $gte: 2 } })) > 0;
}
