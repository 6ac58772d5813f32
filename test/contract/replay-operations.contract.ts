import { expect } from 'chai';
import type { ReplayOperations } from '../../shared/ports/replay-operations.ts';

/** An empty store of replays. */
export interface ReplayOperationsWorld {
  readonly replays: ReplayOperations;
  dispose(hasPassed: boolean): Promise<void>;
}

const ASKED = { filter: { stage: '$p1', 'a.b': 1 }, rate_per_second: 5 };
const FILTER = { places: [{ type: '$t', stage: 0 }], failedBefore: new Date('2026-01-01T00:00:00.000Z') };
const TERMS = { fromBeginning: false, ratePerSecond: 5, rampPercent: [1, 100], maxFailureRate: 0.1, stepTimeoutMs: 1_000 };
const letters = (...ids: string[]) => ids.map((id) => ({ id, gen: 3 }));

/** What every ReplayOperations must do. */
export function replayOperationsContract(name: string, makeWorld: () => Promise<ReplayOperationsWorld>): void {
  describe(`${name}: replay operations contract`, function () {
    this.timeout(30_000);
    let world: ReplayOperationsWorld;
    let replays: ReplayOperations;
    beforeEach(async () => {
      world = await makeWorld();
      replays = world.replays;
    });
    afterEach(function () {
      return world.dispose(this.currentTest?.isPassed() ?? false);
    });

    const plan = (id: string) =>
      replays.plan({ id, by: '$who', note: '$note', asked: ASKED, filter: FILTER, terms: TERMS, planned: 2, digest: 'd' });

    it('a plan, is kept as it is, and does nothing before it is applied', async () => {
      const planned = await plan('a');
      expect(planned).to.deep.include({ id: 'a', by: '$who', note: '$note', asked: ASKED, filter: FILTER, terms: TERMS, state: 'planned' });
      expect(planned.plannedAt).to.be.instanceOf(Date);
      expect(await replays.open()).to.equal(undefined);
      expect(await replays.read('x')).to.equal(undefined);
      expect((await plan('a')).plannedAt, 'again').to.deep.equal(planned.plannedAt);
    });

    it('an applied one, goes over collecting and running to its end; each step is taken once', async () => {
      await plan('a');
      expect([await replays.apply('a'), await replays.apply('a'), await replays.apply('x')]).to.deep.equal([true, false, false]);
      expect(await replays.open()).to.deep.include({ id: 'a', state: 'collecting' });
      await replays.addItems('a', letters('j1', 'j2'), 0);
      await replays.collected('a');
      expect(await replays.open()).to.deep.include({ state: 'running', total: 2 });
      await replays.end('a', 'stopped', '$because');
      expect(await replays.open()).to.equal(undefined);
      await replays.end('a', 'done');
      expect(await replays.read('a')).to.deep.include({ state: 'stopped', reason: '$because' });
      expect((await replays.read('a'))!.endedAt).to.be.instanceOf(Date);
    });

    it('items, are listed in order and by outcome; what becomes of them is counted', async () => {
      await plan('a');
      await plan('b');
      await replays.addItems('b', letters('j1'), 0);
      await replays.addItems('a', letters('j2', 'j1'), 0);
      await replays.addItems('a', letters('j3'), 2);
      await replays.addItems('a', letters('j3'), 9);
      await replays.note('a', ['j1'], 'replayed');
      await replays.note('a', [], 'failed');
      expect((await replays.items('a', undefined, 10)).map(({ jobId, seq, gen, outcome }) => [jobId, seq, gen, outcome])).to.deep.equal([
        ['j2', 0, 3, 'pending'],
        ['j1', 1, 3, 'replayed'],
        ['j3', 2, 3, 'pending'],
      ]);
      expect((await replays.items('a', 'pending', 1)).map(({ jobId }) => jobId)).to.deep.equal(['j2']);
      expect((await replays.items('a', 'pending', 5, 0)).map(({ jobId }) => jobId)).to.deep.equal(['j3']);
      const counts = { pending: 2, replayed: 1, completed: 0, failed: 0, skipped: 0, undone: 0, deleted: 0 };
      expect(await replays.count('a')).to.deep.equal(counts);
      expect((await replays.read('a'))!.counts).to.deep.equal(counts);
      await replays.forgetItems('a');
      expect([await replays.items('a', undefined, 10), (await replays.items('b', undefined, 10)).length]).to.deep.equal([[], 1]);
    });

    it('deletions, are listed apart from replays', async () => {
      await plan('a');
      const terms = { ...TERMS, action: 'delete' as const };
      await replays.plan({ id: 'd', by: 'me', asked: {}, filter: FILTER, terms, planned: 1, digest: 'd' });
      expect((await replays.list(10, 'replay')).map(({ id }) => id)).to.deep.equal(['a']);
      expect((await replays.list(10, 'delete')).map(({ id }) => id)).to.deep.equal(['d']);
    });

    it('an abort, ends a plan at once, asks one under way, and leaves what has ended', async () => {
      for (const id of ['a', 'b']) await plan(id);
      expect(await replays.abort('a')).to.equal(true);
      expect((await replays.read('a'))!.state).to.equal('aborted');
      expect([await replays.abort('a'), await replays.apply('a'), await replays.abort('x')]).to.deep.equal([false, false, false]);
      await replays.apply('b');
      expect(await replays.abort('b')).to.equal(true);
      expect(await replays.open()).to.deep.include({ id: 'b', state: 'collecting', abortRequested: true });
    });

    it('an undo, is asked for once, of what was applied; one under way ends first', async () => {
      for (const id of ['a', 'b']) await plan(id);
      expect([await replays.undo('a', '$me'), await replays.undo('x', 'me')], 'a plan, and none').to.deep.equal([false, false]);
      await replays.apply('a');
      expect([await replays.undo('a', '$me'), await replays.undo('a', 'other')]).to.deep.equal([true, false]);
      expect(await replays.openUndo(), 'while it runs').to.equal(undefined);
      const { undo, ...running } = (await replays.read('a'))!;
      expect([running.abortRequested, undo!.by]).to.deep.equal([true, '$me']);
      await replays.end('a', 'aborted');
      expect((await replays.openUndo())!.id).to.equal('a');
      await replays.endUndo('a');
      expect(await replays.openUndo()).to.equal(undefined);
      expect((await replays.read('a'))!.undo!.endedAt).to.be.instanceOf(Date);
      await replays.apply('b');
      await replays.end('b', 'done');
      expect(await replays.undo('b', 'me')).to.equal(true);
      expect(await replays.read('b'), 'nothing to abort').to.not.have.property('abortRequested');
    });

    it('of several that were applied, the oldest comes first; a list is newest first', async () => {
      for (const id of ['b', 'a']) {
        await plan(id);
        await replays.apply(id);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      expect((await replays.open())!.id).to.equal('b');
      expect((await replays.list(10, 'replay')).map(({ id }) => id)).to.deep.equal(['a', 'b']);
      expect(await replays.list(1, 'replay')).to.have.length(1);
    });
  });
}
