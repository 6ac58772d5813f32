import { expect } from 'chai';
import type { JobRecord } from '../../../../shared/domain/job.ts';
import type { RerunRule, RerunTerms } from '../../../../shared/domain/rerun/rerun-rule.ts';
import { rerunByRules } from '../../../../shared/jobs/rerun-by-rules.ts';
import { someRerunRule } from '../../../contract/rerun-rules.contract.ts';
import { BROKEN, EngineWorld, REJECTED } from '../../../support/engine-world.ts';
import { MemoryLeaseStore } from '../../../support/memory-lease-store.ts';
import { MemoryRerunRules } from '../../../support/memory-rerun-rules.ts';

const MINUTE_MS = 60_000;
const FALLBACK: RerunTerms = { afterMinutes: 30, maxRuns: 1 };

describe('rerunByRules', () => {
  let world: EngineWorld;
  let rules: MemoryRerunRules;
  beforeEach(() => {
    world = new EngineWorld();
    rules = new MemoryRerunRules(world);
  });

  const put = (more: Partial<RerunRule> = {}) => rules.put(someRerunRule(more), 'test');
  const failed = async (more: Partial<JobRecord> = {}): Promise<string> => {
    const id = await world.insert();
    const doneAt = world.clock.now();
    world.patch(id, { state: 'FAILED', gen: 2, err: BROKEN, doneAt, active: undefined as never, pub: { at: doneAt, by: 'x' }, ...more });
    return id;
  };
  const run = (fallback: RerunTerms | 'none' = FALLBACK, owner = 'one') => {
    const leases = new MemoryLeaseStore(world);
    return rerunByRules(
      { ...world.deps, replayer: world.replayer, rules, leases, owner },
      fallback === 'none' ? undefined : fallback,
      new AbortController().signal,
    );
  };
  const states = (...ids: string[]) => ids.map((id) => world.state(id));

  it('without a rule, does nothing: the default is carried out as ever', async () => {
    await failed();
    await world.clock.advance(60 * MINUTE_MS);
    expect(await run()).to.equal(0);
  });

  it('the first rule that fits, decides; the default for what none fits, and without it nothing', async () => {
    await put({ id: 'slow', priority: 2, when: { errorCode: 'broken' }, afterMinutes: 50 });
    await put({ id: 'never', priority: 1, when: { type: 'quick' }, maxRuns: 0 });
    await put({ id: 'off', priority: 0, isEnabled: false, afterMinutes: 0 });
    const [broken, quick, other] = [await failed(), await failed({ type: 'quick' }), await failed({ err: { ...BROKEN, code: 'other' } })];
    await world.clock.advance(30 * MINUTE_MS + 1);
    expect(await run('none')).to.equal(0);
    expect(await run()).to.equal(1);
    expect(states(broken, quick, other)).to.deep.equal(['FAILED', 'FAILED', 'QUEUED']);
    await world.clock.advance(20 * MINUTE_MS);
    expect([await run(), ...states(broken, quick)]).to.deep.equal([1, 'QUEUED', 'FAILED']);
    expect(world.record(broken).log.at(-1)!.message).to.equal('re-run 50 min after it failed, by the rule $name');
  });

  for (const [what, when, own] of [
    ['type', { type: 'quick' }, { type: 'quick' }],
    ['error code', { errorCode: 'late' }, { err: { ...BROKEN, code: 'late' } }],
    ['error class', { errorClass: 'timeout' }, { err: { ...BROKEN, errorClass: 'timeout' } }],
    ['fingerprint', { fingerprint: 'f'.repeat(16) }, { err: { ...BROKEN, fingerprint: 'f'.repeat(16) } }],
  ] as const)
    it(`a rule by ${what}, is for such jobs alone`, async () => {
      await put({ when });
      const [fitting, other] = [await failed(own), await failed()];
      await world.clock.advance(10 * MINUTE_MS + 1);
      expect([await run(), ...states(fitting, other)]).to.deep.equal([1, 'QUEUED', 'FAILED']);
    });

  it('a job that was run again as often as its rule allows, a rejected one and one of days ago, are left alone', async () => {
    await put({ maxRuns: 3 });
    const worn = await failed({ run: 3 });
    const rejected = await failed({ err: REJECTED });
    const old = await failed({ doneAt: new Date(world.clock.now().getTime() - 86_400_000) });
    const ready = await failed({ run: 2 });
    await world.clock.advance(10 * MINUTE_MS + 1);
    expect([await run(), ...states(worn, rejected, old, ready)]).to.deep.equal([1, 'FAILED', 'FAILED', 'FAILED', 'QUEUED']);
  });

  it('a budget, bounds the re-runs of an hour; the others come in the next one', async () => {
    await put({ budgetPerHour: 3 });
    for (let count = 0; count < 5; count += 1) await failed();
    await world.clock.advance(10 * MINUTE_MS + 1);
    expect([await run(), await run()]).to.deep.equal([3, 0]);
    await world.clock.advance(60 * MINUTE_MS);
    expect([await run(), await run()]).to.deep.equal([2, 0]);
  });

  it('more failures than one page, none of them due, keep no due one waiting', async () => {
    await put({ when: { type: 'quick' }, maxRuns: 0 });
    for (let count = 0; count < 1_050; count += 1) await failed({ type: 'quick' });
    await world.clock.advance(1);
    const due = await failed();
    await world.clock.advance(30 * MINUTE_MS + 1);
    expect([await run(), ...states(due)]).to.deep.equal([1, 'QUEUED']);
  });
});
