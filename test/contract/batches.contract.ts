import { expect } from 'chai';
import type { BatchRule } from '../../shared/domain/batches/batch-rule.ts';
import type { BatchRules } from '../../shared/ports/batch-rules.ts';
import type { BatchRuns } from '../../shared/ports/batch-runs.ts';

/** Empty stores of rules and runs. */
export interface BatchesWorld {
  readonly rules: BatchRules;
  readonly runs: BatchRuns;
  dispose(hasPassed: boolean): Promise<void>;
}

const at = (hour: number) => new Date(Date.UTC(2026, 0, 1, hour));

/** A rule for tests. */
export function someBatchRule(more: Partial<BatchRule> = {}): BatchRule {
  return {
    id: 'rule',
    version: 1,
    spec: {
      name: '$night',
      tenant: 't',
      query: 'state:failed',
      action: { kind: 'submit', job: { type: '$t', input: { 'a.b': '$x', $where: 1 }, lane: 'bulk' } },
      timing: { kind: 'cron', expression: '0 3 * * *', timeZone: 'Europe/Berlin' },
      maxJobs: 10,
      ratePerSecond: 5,
    },
    isEnabled: true,
    cursorAt: at(0),
    nextAt: at(3),
    by: '$who',
    createdAt: at(0),
    updatedAt: at(0),
    ...more,
  };
}

/** What every BatchRules and BatchRuns do. */
export function batchesContract(name: string, makeWorld: () => Promise<BatchesWorld>): void {
  describe(`batches: ${name}`, function () {
    this.timeout(60_000);
    let world: BatchesWorld;
    beforeEach(async () => {
      world = await makeWorld();
    });
    afterEach(function () {
      return world.dispose(this.currentTest?.isPassed() ?? false);
    });

    it('a rule, is kept as it is, and changed only by who has seen it last', async () => {
      const { rules } = world;
      const rule = someBatchRule();
      expect([await rules.create(rule), await rules.create({ ...rule, by: 'other' })]).to.deep.equal([true, false]);
      expect(await rules.read('rule')).to.deep.equal(rule);
      const { nextAt: _, ...off } = { ...rule, isEnabled: false };
      expect(await rules.replace(off)).to.deep.equal({ ...off, version: 2 });
      expect(await rules.replace(rule), 'as it was before').to.equal(undefined);
      expect(await rules.read('rule')).to.deep.equal({ ...off, version: 2 });
      expect([await rules.remove('rule'), await rules.remove('rule'), await rules.read('rule')]).to.deep.equal([true, false, undefined]);
    });

    it('rules, are due from their next instant on, and not while they have none; the list is newest first', async () => {
      const { rules } = world;
      const { nextAt: _, ...off } = someBatchRule({ id: 'off' });
      const [late, early] = [someBatchRule({ id: 'late', nextAt: at(5), createdAt: at(1) }), someBatchRule({ id: 'early', nextAt: at(4) })];
      for (const rule of [off, late, early]) await rules.create(rule);
      const due = async (now: Date) => (await rules.due(now)).map(({ id }) => id);
      const before = new Date(at(4).getTime() - 1);
      expect([await due(before), await due(at(4)), await due(at(9))]).to.deep.equal([[], ['early'], ['early', 'late']]);
      expect((await rules.list()).map(({ id }) => id)).to.deep.equal(['late', 'off', 'early']);
    });

    it('a run, is asked for once, and goes from its request over its jobs to its end', async () => {
      const { runs } = world;
      const given = { id: 'a', of: 'rule', spec: someBatchRule().spec, by: 'schedule', at: at(3), missed: 2 };
      expect([await runs.request(given), await runs.request({ ...given, by: 'other' })]).to.deep.equal([true, false]);
      const asked = (await runs.read('a'))!;
      expect(asked).to.deep.include({ ...given, state: 'requested' });
      expect(asked.requestedAt).to.be.instanceOf(Date);
      await runs.addItems('a', [{ jobId: 'gone', seq: 0, gen: 1, run: 0 }]);
      await runs.forgetItems('a');
      const items = ['j2', 'j1', 'j3'].map((jobId, seq) => ({ jobId, seq, gen: 3, run: 1 }));
      await runs.addItems('a', items);
      await runs.addItems('a', [{ ...items[0]!, seq: 9 }]);
      await runs.addItems('b', [{ ...items[0]!, seq: 0 }]);
      await runs.begin('a', true);
      expect(await runs.read('a')).to.deep.include({ state: 'running', total: 3, isCut: true });
      await runs.endItems('a', [
        { jobId: 'j2', outcome: 'done', madeId: 'm' },
        { jobId: 'j3', outcome: 'failed', reason: '$because' },
      ]);
      await runs.endItems('a', []);
      expect(await runs.items('a', undefined, 10)).to.deep.equal([
        { ...items[0], outcome: 'done', madeId: 'm' },
        { ...items[1], outcome: 'pending' },
        { ...items[2], outcome: 'failed', reason: '$because' },
      ]);
      expect((await runs.items('a', undefined, 1, 0)).map(({ jobId }) => jobId)).to.deep.equal(['j1']);
      expect((await runs.items('a', 'pending', 10)).map(({ jobId }) => jobId)).to.deep.equal(['j1']);
      expect(await runs.count('a')).to.deep.equal({ pending: 1, done: 1, skipped: 0, failed: 1 });
      expect((await runs.read('a'))!.counts).to.deep.equal({ pending: 1, done: 1, skipped: 0, failed: 1 });
      await runs.end('a', 'failed', '$reason');
      await runs.end('a', 'done');
      expect(await runs.read('a')).to.deep.include({ state: 'failed', reason: '$reason' });
      expect([await runs.abort('a'), await runs.abort('x')]).to.deep.equal([false, false]);
    });

    it('open runs, are oldest first; a list is newest first, of one rule where that is wanted', async () => {
      const { runs } = world;
      for (const id of ['b', 'a', 'c']) {
        await runs.request({ id, of: id === 'c' ? 'retention' : 'rule', by: 'x', at: at(3) });
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      expect((await runs.open(2)).map(({ id }) => id)).to.deep.equal(['b', 'a']);
      expect([await runs.abort('a'), (await runs.read('a'))!.abortRequested]).to.deep.equal([true, true]);
      await runs.end('b', 'done');
      await runs.note('c', { payload: 5 });
      expect((await runs.open(9)).map(({ id, counts }) => [id, counts])).to.deep.equal([
        ['a', undefined],
        ['c', { payload: 5 }],
      ]);
      expect((await runs.list(undefined, 2)).map(({ id }) => id)).to.deep.equal(['c', 'a']);
      expect((await runs.list('rule', 9)).map(({ id }) => id)).to.deep.equal(['a', 'b']);
    });
  });
}
