import { expect } from 'chai';
import { eventually } from '../support/eventually.ts';
import { PAST, timeless } from './store-records.ts';
import type { StoreUnderTest } from './store-under-test.ts';

/** What every JobStore does with notes of terminal events. */
export function eventNotesContract(jobs: StoreUnderTest): void {
  describe('event notes', () => {
    jobs.make('for each');
    const bells = (...ids: readonly string[]) => ids.map((id, index) => ({ id, gen: 2 + (index % 2) }));
    const due = async (limit = 10) => (await jobs.store.dueNotes(limit)).map(({ id }) => id);

    it('one that is stored, is due once its commit is written, with its jobs; the oldest come first', async () => {
      const [first, second] = [bells('a', 'b', 'c'), bells('d')];
      await jobs.store.insertNote({ id: 'one', jobs: first });
      await jobs.store.insertNote({ id: 'two', jobs: second });
      expect(await due()).to.deep.equal([]);
      await jobs.store.makeNoteDue('two');
      const at = await jobs.store.serverTime();
      await eventually('the clock to go on', async () => (await jobs.store.serverTime()) > at);
      await jobs.store.makeNoteDue('one');
      await jobs.store.makeNoteDue('unknown');
      await eventually('both to be due', async () => (await due()).length === 2);
      expect([await due(), await due(1)]).to.deep.equal([['two', 'one'], ['two']]);
      const [, one] = await jobs.store.dueNotes(2);
      expect(one!.jobs).to.have.deep.members(first);
    });

    it('one that is put off, is for what is left, and not due for now; unless it was made due meanwhile', async () => {
      await jobs.store.insertNote({ id: 'one', jobs: bells('a', 'b') });
      await jobs.store.makeNoteDue('one');
      await eventually('it to be due', async () => (await due()).length === 1);
      const [note] = await jobs.store.dueNotes(1);
      await jobs.store.postponeNote({ ...note!, jobs: bells('a'), due: PAST });
      expect(await due(), 'of another due').to.deep.equal(['one']);
      await jobs.store.postponeNote({ ...note!, jobs: bells('a') });
      expect(await due()).to.deep.equal([]);
      expect([await jobs.store.isNoted('one', 'a'), await jobs.store.isNoted('one', 'b')]).to.deep.equal([true, false]);
      await jobs.store.makeNoteDue('one');
      await eventually('it to be due again', async () => (await due()).length === 1);
      expect((await jobs.store.dueNotes(1))[0]!.jobs).to.deep.equal(bells('a'));
    });

    it('those that are removed, are gone, the others stay', async () => {
      for (const id of ['one', 'two', 'three']) await jobs.store.insertNote({ id, jobs: bells('a') });
      await jobs.store.removeNotes(['one', 'three', 'unknown']);
      await jobs.store.removeNotes([]);
      const noted = await Promise.all(['one', 'two', 'three'].map((id) => jobs.store.isNoted(id, 'a')));
      expect(noted).to.deep.equal([false, true, false]);
    });

    it('a second note of a claim, is refused', async () => {
      await jobs.store.insertNote({ id: 'one', jobs: bells('a') });
      const error = await jobs.store.insertNote({ id: 'one', jobs: bells('b') }).catch((problem: unknown) => problem);
      expect(error).to.be.instanceOf(Error);
      expect(await jobs.store.isNoted('one', 'b')).to.equal(false);
    });

    it('jobs of a note, are read with what their event tells, and their last result alone', async () => {
      const results = ['x', 'y'].map((claim, stage) => ({ stage, run: 2, epoch: stage, claim, at: PAST }));
      const ended = { state: 'COMPLETED', active: undefined as never, results, doneAt: PAST, gen: 8 } as const;
      const [job, other] = [await jobs.put(ended), await jobs.put({})];
      const read = new Map((await jobs.store.readNoted([job.id, other.id, 'unknown'])).map((one) => [one.id, one]));
      expect([...read.keys()]).to.have.members([job.id, other.id]);
      const { id, tenant, type, state, gen, evt, createdAt, doneAt } = job;
      const told = { id, tenant, type, state, gen, evt, createdAt, doneAt, results: results.slice(-1) };
      expect(timeless(read.get(job.id))).to.deep.equal(timeless(told));
      expect(await jobs.store.readNoted([])).to.deep.equal([]);
    });
  });
}
