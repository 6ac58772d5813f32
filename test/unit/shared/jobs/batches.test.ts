import { expect } from 'chai';
import { cronerCalendar } from '../../../../shared/cron/croner-calendar.ts';
import type { BatchAction, BatchRule, BatchSpec } from '../../../../shared/domain/batches/batch-rule.ts';
import { QuotaExceededError, StoreUnavailableError } from '../../../../shared/domain/failures.ts';
import type { JobRecord } from '../../../../shared/domain/job.ts';
import type { BatchRunDeps, BatchTickDeps } from '../../../../shared/jobs/batches/batch-deps.ts';
import { BatchRunner } from '../../../../shared/jobs/batches/batch-runner.ts';
import { tickBatchRules } from '../../../../shared/jobs/batches/tick-batch-rules.ts';
import { fingerprint } from '../../../../shared/schema/fingerprint.ts';
import { someBatchRule } from '../../../contract/batches.contract.ts';
import { BROKEN, EngineWorld } from '../../../support/engine-world.ts';
import { MemoryBatchRules, MemoryBatchRuns } from '../../../support/memory-batches.ts';
import { MemoryJobSearch } from '../../../support/memory-job-search.ts';
import { MemoryLeaseStore } from '../../../support/memory-lease-store.ts';

const REPLAY: BatchAction = { kind: 'replay', fromBeginning: false };
const COPY: BatchAction = {
  kind: 'submit',
  job: { type: 'quick', input: { of: '{{job.id}}', on: '{{run.date}}' }, options: '{{job.options}}', lane: 'bulk', tags: ['again'] },
};
const types: BatchRunDeps['types'] = {
  names: () => ['job', 'quick'],
  check: (type, { input, options }) => (type === 'job' || type === 'quick' ? { ok: true, input, options } : undefined),
};
const HOUR_MS = 3_600_000;

describe('batches', () => {
  let world: EngineWorld;
  let runs: MemoryBatchRuns;
  let rules: MemoryBatchRules;
  let deps: BatchRunDeps;
  let stop: AbortController;
  beforeEach(() => {
    make();
  });

  function make(): void {
    world = new EngineWorld();
    runs = new MemoryBatchRuns(world);
    rules = new MemoryBatchRules();
    stop = new AbortController();
    const none = async () => ({});
    deps = {
      ...world.deps,
      ...{ runs, types, fingerprint, outputs: world.outputs, replayer: world.replayer, submitter: world.submitter },
      searcher: new MemoryJobSearch(world.store),
      leases: new MemoryLeaseStore(world),
      owner: 'one',
      shipped: { 'rerun-yesterday': none, retention: none, statistics: none },
    };
  }

  const spec = (more: Partial<BatchSpec> = {}): BatchSpec => ({
    ...someBatchRule().spec,
    action: REPLAY,
    maxJobs: 1_000,
    ratePerSecond: 1_000,
    ...more,
  });
  const failed = async (more: Partial<JobRecord> = {}): Promise<string> => {
    const id = await world.insert({ payload: { input: 1, options: { color: 'red' } } });
    const over = { active: undefined as never, pub: undefined as never, gen: 2, err: BROKEN, doneAt: world.clock.now() };
    world.patch(id, { state: 'FAILED', ...over, ...more });
    return id;
  };
  const request = (id: string, more: Partial<BatchSpec> = {}) =>
    runs.request({ id, of: 'rule', spec: spec(more), by: 'test', at: new Date(world.clock.now().getTime() + 1) });
  const isOver = async (id: string) => (await runs.read(id))?.endedAt !== undefined;
  const carryOut = async (id: string, more: Partial<BatchRunDeps> = {}): Promise<void> => {
    const runner = new BatchRunner({ ...deps, ...more });
    await runner.takeUp(stop.signal);
    await world.clock.advanceUntil(`run ${id} is over`, () => isOver(id));
    await runner.stop();
  };
  const madeJobs = () => world.store.all().filter(({ type }) => type === 'quick');
  const outcomes = async (id: string) => (await runs.items(id, undefined, 1_000)).map(({ outcome }) => outcome);

  it('a replay, runs again what the search finds, and nothing else', async () => {
    const [one, two] = [await failed(), await failed()];
    const completed = await failed({ state: 'COMPLETED' });
    await world.clock.advance(1_000);
    await request('a');
    await carryOut('a');
    expect([world.state(one), world.state(two), world.state(completed)]).to.deep.equal(['QUEUED', 'QUEUED', 'COMPLETED']);
    expect(await runs.read('a')).to.deep.include({
      state: 'done',
      total: 2,
      isCut: false,
      counts: { pending: 0, done: 2, skipped: 0, failed: 0 },
    });
  });

  it('a new job of each result, is made of the template and of what the job was given', async () => {
    const source = await failed();
    await world.clock.advance(1_000);
    await request('a', { action: COPY });
    await carryOut('a');
    const [made] = madeJobs();
    expect(made).to.deep.include({ lane: 'bulk', tenant: 't', tags: ['batch-rule:rule', 'batch-run:a', 'again'] });
    const payload = (await world.store.readPayloads([made!.id])).get(made!.id);
    expect(payload).to.deep.equal({ input: { of: source, on: '2026-01-15' }, options: { color: 'red' } });
    expect((await runs.items('a', 'done', 9)).map(({ jobId, madeId }) => [jobId, madeId])).to.deep.equal([[source, made!.id]]);
  });

  it('a second run of the rule, makes no second job of a job; once that was run again and failed anew, it does', async () => {
    const source = await failed();
    await world.clock.advance(1_000);
    for (const id of ['a', 'b']) {
      await request(id, { action: COPY });
      await carryOut(id);
    }
    expect([await outcomes('b'), madeJobs().length]).to.deep.equal([['skipped'], 1]);
    world.patch(source, { run: 1, gen: 4 });
    await request('c', { action: COPY });
    await carryOut('c');
    expect([await outcomes('c'), madeJobs().length]).to.deep.equal([['done'], 2]);
  });

  it('more jobs than the rule takes, are cut, and the run says so', async () => {
    for (let count = 0; count < 5; count += 1) await failed();
    await world.clock.advance(1_000);
    await request('a', { maxJobs: 3 });
    await carryOut('a');
    expect(await runs.read('a')).to.deep.include({ total: 3, isCut: true });
  });

  it('a job whose payload the type refuses, or that retention has emptied, is told apart and stops nothing', async () => {
    await failed();
    await failed({ removed: { payload: world.clock.now() } });
    await world.clock.advance(1_000);
    await request('a');
    await carryOut('a');
    await request('b', { action: { ...COPY, job: { ...COPY.job, type: 'nothing' } } });
    await carryOut('b');
    expect(await outcomes('a')).to.have.members(['done', 'skipped']);
    expect((await runs.items('b', 'failed', 9)).map(({ reason }) => reason)).to.deep.equal(['There is no job type "nothing".']);
    expect((await runs.read('b'))!.state).to.equal('done');
  });

  it('a tenant whose jobs wait in excess, holds the run up and fails none', async () => {
    await failed();
    await world.clock.advance(1_000);
    await request('a', { action: COPY });
    let refusals = 3;
    const submitter: BatchRunDeps['submitter'] = {
      submitMany: async (requests) =>
        refusals-- > 0 ? requests.map(() => new QuotaExceededError('full', 1)) : world.submitter.submitMany(requests),
    };
    await carryOut('a', { submitter });
    expect([await outcomes('a'), refusals < 0]).to.deep.equal([['done'], true]);
  });

  it('an abort, ends it before the next jobs; what was done stays', async () => {
    for (let count = 0; count < 50; count += 1) await failed();
    await world.clock.advance(1_000);
    await request('a', { ratePerSecond: 10 });
    const runner = new BatchRunner(deps);
    await runner.takeUp(stop.signal);
    await world.clock.advanceUntil('some are done', async () => (await runs.items('a', 'done', 9)).length > 3);
    await runs.abort('a');
    await world.clock.advanceUntil('it is over', () => isOver('a'), 1_000);
    await runner.stop();
    expect((await runs.read('a'))!.state).to.equal('aborted');
    expect((await runs.items('a', 'pending', 99)).length).to.be.above(30);
  });

  for (const action of [REPLAY, COPY])
    it(`${action.kind}: a scheduler that dies at any call, is followed by one that goes on; every job is dealt with once`, async function () {
      this.timeout(120_000);
      for (let deadAt = 1; ; deadAt += 2) {
        make();
        const sources = [await failed(), await failed(), await failed()];
        await world.clock.advance(1_000);
        await request('a', { action });
        const dying = dyingAt(deadAt);
        const first = new BatchRunner({
          ...deps,
          runs: dying.dies(runs),
          store: dying.dies(world.store),
          submitter: dying.dies(world.submitter),
        });
        await first.takeUp(stop.signal).catch(() => undefined);
        await world.clock.advanceUntil('it has died, or is done', async () => dying.isDead() || isOver('a'));
        await first.stop();
        if (!dying.isDead()) return expect(deadAt).to.be.above(8);
        await carryOut('a', { owner: 'two' });
        expect(await outcomes('a'), `dead at ${deadAt}`).to.deep.equal(['done', 'done', 'done']);
        if (action === REPLAY) expect(sources.map((id) => world.record(id).run)).to.deep.equal([1, 1, 1]);
        else expect(madeJobs()).to.have.length(3);
      }
    });

  it('two runners, carry one run out once', async () => {
    for (let count = 0; count < 5; count += 1) await failed();
    await world.clock.advance(1_000);
    await request('a', { action: COPY });
    const others = ['two', 'three'].map((owner) => new BatchRunner({ ...deps, owner }));
    for (const other of others) await other.takeUp(stop.signal);
    await carryOut('a');
    for (const other of others) await other.stop();
    expect([madeJobs().length, await outcomes('a')]).to.deep.equal([5, Array(5).fill('done')]);
  });

  it('a shipped run, notes what it counts, and is told of an abort', async () => {
    const shipped: BatchRunDeps['shipped'] = {
      ...deps.shipped,
      retention: async (_, signal, note) => {
        await note({ payload: 1 });
        while (!signal.aborted) await world.clock.sleep(100, signal);
        return { payload: 2 };
      },
    };
    await runs.request({ id: 'r', of: 'retention', by: 'schedule', at: world.clock.now() });
    const runner = new BatchRunner({ ...deps, shipped });
    await runner.takeUp(stop.signal);
    await world.clock.advanceUntil('it counts', async () => (await runs.read('r'))?.counts?.['payload'] === 1);
    await runs.abort('r');
    await world.clock.advanceUntil('it is over', () => isOver('r'), 3_000);
    await runner.stop();
    expect(await runs.read('r')).to.deep.include({ state: 'aborted', counts: { payload: 2 } });
  });

  describe('instants', () => {
    let ticks: BatchTickDeps;
    beforeEach(() => {
      ticks = { rules, runs, calendar: cronerCalendar, store: world.store, fingerprint };
    });
    const put = (more: Partial<BatchRule> = {}) => {
      const now = world.clock.now();
      return rules.create(someBatchRule({ spec: spec(), cursorAt: now, nextAt: new Date(now.getTime() + HOUR_MS), ...more }));
    };

    it('each, is one run, however many schedulers look at once', async () => {
      await put({ spec: spec({ timing: { kind: 'cron', expression: '0 * * * *', timeZone: 'UTC' } }) });
      expect(await tickBatchRules(ticks)).to.equal(0);
      await world.clock.advance(HOUR_MS);
      const asked = await Promise.all([tickBatchRules(ticks), tickBatchRules(ticks), tickBatchRules(ticks)]);
      expect(asked.reduce((sum, count) => sum + count, 0)).to.equal(1);
      await world.clock.advance(HOUR_MS);
      expect(await tickBatchRules(ticks)).to.equal(1);
      expect(await runs.list('rule', 9)).to.have.length(2);
    });

    it('a scheduler that dies between the run and the watermark, is followed by one that asks for no second run', async () => {
      await put({ spec: spec({ timing: { kind: 'cron', expression: '0 * * * *', timeZone: 'UTC' } }) });
      await world.clock.advance(HOUR_MS);
      const replace = () => Promise.reject(new StoreUnavailableError('dead'));
      const dying = { due: (now: Date) => rules.due(now), replace } as unknown as MemoryBatchRules;
      await tickBatchRules({ ...ticks, rules: dying }).catch(() => undefined);
      expect([await tickBatchRules(ticks), (await runs.list('rule', 9)).length]).to.deep.equal([0, 1]);
    });

    it('those that nobody was there for, are one run of the newest, which tells how many', async () => {
      await put({ spec: spec({ timing: { kind: 'cron', expression: '0 * * * *', timeZone: 'UTC' } }) });
      await world.clock.advance(5 * HOUR_MS);
      expect(await tickBatchRules(ticks)).to.equal(1);
      const [run] = await runs.list('rule', 9);
      expect(run).to.deep.include({ missed: 4, at: world.clock.now() });
      expect(await tickBatchRules(ticks)).to.equal(0);
    });

    it('in a time zone, is where its clocks show it', async () => {
      await put({
        spec: spec({ timing: { kind: 'cron', expression: '0 15 * * *', timeZone: 'Asia/Kathmandu' } }),
        nextAt: world.clock.now(),
      });
      await tickBatchRules(ticks);
      expect((await rules.read('rule'))!.nextAt!.toISOString()).to.equal('2026-01-16T09:15:00.000Z');
    });
  });
});

/** Objects whose calls fail from the n-th on, counted together: as a process that is gone. */
function dyingAt(last: number) {
  let calls = 0;
  const dies = <T extends object>(whole: T): T =>
    new Proxy(whole, {
      get: (target, key) => {
        const value = Reflect.get(target, key, target) as unknown;
        if (typeof value !== 'function') return value;
        return (...given: unknown[]) => {
          calls += 1;
          // The call itself is lost, or has been applied already: both in turn.
          if (calls < last || (calls === last && last % 4 === 1)) {
            const answer = (value as (...args: unknown[]) => unknown).apply(target, given);
            if (calls < last) return answer;
            return Promise.resolve(answer).then(() => Promise.reject(new StoreUnavailableError('dead')));
          }
          return Promise.reject(new StoreUnavailableError('dead'));
        };
      },
    });
  return { dies, isDead: () => calls >= last };
}
