import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { eventually } from '../support/eventually.ts';
import { countOf, type Evidence, evidenceOf, heldBy, problemsOf } from '../support/job-evidence.ts';
import { OpenJobs } from '../support/open-jobs.ts';
import { TestSystem } from '../support/test-system.ts';

type How = 'throw' | 'reject' | 'exit' | 'kill-self' | 'loop' | 'heap' | 'buffers';

/** Type, what it does, error code, attempts (the types' policy allows 2). */
const POISONS: readonly (readonly [type: string, how: How, code: string, attempts: number])[] = [
  ['poison', 'throw', 'handler_error', 2],
  ['poison', 'reject', 'test_reject', 1],
  ['poison', 'exit', 'handler_crashed', 2],
  ['poison', 'kill-self', 'handler_crashed', 2],
  ['poison', 'heap', 'memory_limit_exceeded', 2],
  ['poison', 'buffers', 'memory_limit_exceeded', 2],
  ['endless', 'loop', 'stage_timeout', 2],
  ['poison-thread', 'throw', 'handler_error', 2],
  ['poison-thread', 'reject', 'test_reject', 1],
  ['poison-thread', 'exit', 'handler_crashed', 2],
  ['poison-thread', 'heap', 'memory_limit_exceeded', 2],
  ['endless-thread', 'loop', 'stage_timeout', 2],
  ['poison-inline', 'throw', 'handler_error', 2],
  ['poison-inline', 'reject', 'test_reject', 1],
];
const HEALTHY = [
  { types: ['noop', 'wait-inline'], open: 4 },
  { types: ['wait', 'wait-process', 'poison', 'poison-thread'], open: 3 },
];
const FIRST_WORKER = { 'per-stage': 'p1-worker', single: 'single-worker' } as const;

for (const topology of ['per-stage', 'single'] as const) {
  describe(`Poison jobs, ${topology} topology`, function () {
    this.timeout(180_000);
    const service = FIRST_WORKER[topology];
    let system: TestSystem;

    before(async () => {
      system = await TestSystem.start({ topology, env: { LEASE_MS: '5000', WORKER_CONCURRENCY: '6' } });
    });

    after(() => system?.stop());

    const submitPoison = (type: string, how: string, more: object = {}) => system.submit(type, { poison: { stage: 'p1', how, ...more } });

    /** Runs healthy jobs beside something. @returns their ids, once all have ended. */
    async function beside(what: () => Promise<void>): Promise<readonly string[]> {
      const loads = HEALTHY.map((load) => new OpenJobs(system, { ...load, input: { waitMs: { p1: 100, p2: 50 } } }));
      try {
        await what();
      } finally {
        await Promise.all(loads.map((load) => load.end()));
      }
      expect(loads.reduce((sum, load) => sum + load.refused, 0)).to.equal(0);
      const ids = loads.flatMap(({ accepted }) => accepted);
      expect(ids.length).to.be.above(10);
      expect(await system.untilAllEnded(ids)).to.deep.equal({ COMPLETED: ids.length });
      return ids;
    }

    it('of every kind at once: end FAILED with what they did, after as many attempts as allowed; others notice nothing', async () => {
      const workers = system.system.processes.map(({ pid }) => pid);
      const ids = new Map<string, string>();
      const healthy = await beside(async () => {
        for (const [type, how] of POISONS) ids.set(`${type} ${how}`, await submitPoison(type, how));
        expect(await system.untilAllEnded([...ids.values()], 120_000)).to.deep.equal({ FAILED: POISONS.length });
      });
      const poisoned = await evidenceOf(system, [...ids.values()]);
      const seen = poisoned.map(({ record }, index) => [...POISONS[index]!.slice(0, 2), record.err!.code, record.attempt, record.crashes]);
      expect(seen).to.deep.equal(POISONS.map((poison) => [...poison, 0]));
      // On a busy machine a handler's thread or process may start later than its stage's time is over.
      const mostStarts = POISONS.map(([, , , attempts], index) => attempts - countStarts(poisoned[index]!));
      expect(mostStarts.every((unused) => unused >= 0 && unused <= 1)).to.equal(true);
      for (const [type, how, code] of POISONS) {
        const { status, error, retry_available } = await system.status(ids.get(`${type} ${how}`)!);
        expect({ status, retry_available }).to.deep.equal({ status: 'FAILED', retry_available: code !== 'test_reject' });
        expect(error).to.be.a('string').that.is.not.empty;
      }
      const others = await evidenceOf(system, healthy);
      expect(problemsOf(others)).to.deep.equal([]);
      expect(others.flatMap(({ record }) => record.log)).to.deep.equal([]);
      expect(
        system.system.processes.map(({ pid }) => pid),
        'no worker was ended',
      ).to.deep.equal(workers);
    });

    it('an endless loop in a process: is ended at its timeout', async () => {
      const id = await submitPoison('endless', 'loop', { attempts: 1 });
      await eventually('it to start', () => system.effects.of(id, 'p1', 'started').length === 1);
      const { pid } = system.effects.of(id, 'p1', 'started')[0]!;
      expect(existsSync(`/proc/${pid}`)).to.equal(true);
      await system.until(id, ['COMPLETED']);
      expect(existsSync(`/proc/${pid}`), 'the process of the loop').to.equal(false);
    });

    it('an endless loop in a thread: is ended at its timeout, its process lives on', async () => {
      const id = await submitPoison('endless-thread', 'loop', { attempts: 1 });
      await eventually('it to start', () => system.effects.of(id, 'p1', 'started').length === 1);
      const { pid } = system.effects.of(id, 'p1', 'started')[0]!;
      const busy = await busyThread(pid);
      await system.until(id, ['COMPLETED']);
      expect(readdirSync(`/proc/${pid}/task`), 'the thread of the loop').to.not.include(busy);
      expect(system.pidsOf(service)).to.include(pid);
    });

    it('that kill their worker: are given up at the third time; jobs beside them are charged one crash a stage at most, and completed', async () => {
      const neighbours = await Promise.all(
        ['wait', 'wait-process', 'wait-inline'].map((type) => system.submit(type, { waitMs: { p1: 2_500 } })),
      );
      await eventually(
        'the neighbours to run',
        async () => (await heldBy(system, system.pidsOf(service)[0] ?? 0)).length === neighbours.length,
      );
      const id = await submitPoison('poison', 'kill-worker');
      expect(await system.untilAllEnded([id], 90_000)).to.deep.equal({ FAILED: 1 });
      const [killer] = await evidenceOf(system, [id]);
      expect(killer!.record).to.deep.include({ crashes: 3, state: 'FAILED' });
      expect(killer!.record.err).to.include({ code: 'crash_loop', errorClass: 'crash' });
      expect(countStarts(killer!)).to.equal(3);
      await system.untilAllEnded(neighbours);
      const beside = await evidenceOf(system, neighbours);
      expect(problemsOf(beside)).to.deep.equal([]);
      const logs = JSON.stringify(beside.map(({ record }) => record.log));
      expect(
        beside.map((one) => countOf(one, 'lease_lost', 0)),
        logs,
      ).to.deep.equal([1, 1, 1]);
      // A neighbour that has ended P1 counts crashes anew, and its P2 may be beside the next run of the killer.
      expect(Math.max(...beside.map((one) => countOf(one, 'lease_lost', 1))), logs).to.be.at.most(1);
    });
  });
}

function countStarts({ effects }: Evidence): number {
  return effects.filter(({ what }) => what === 'started').length;
}

/** The thread of a process that uses the processor most, found by watching it. */
async function busyThread(pid: number): Promise<string> {
  const ticks = (thread: string) => {
    // After the name in brackets: state is field 3, utime field 14.
    const fields = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'latin1').split(') ')[1]!.split(' ');
    return Number(fields[11]);
  };
  const before = new Map(readdirSync(`/proc/${pid}/task`).map((thread) => [thread, ticks(thread)]));
  let busy: string | undefined;
  const isBusy = (thread: string) => existsSync(`/proc/${pid}/task/${thread}`) && ticks(thread) - (before.get(thread) ?? 0) > 20;
  await eventually('a thread that is busy', () => {
    busy = readdirSync(`/proc/${pid}/task`).find(isBusy);
    return busy !== undefined;
  });
  return busy!;
}
