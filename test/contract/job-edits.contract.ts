import { expect } from 'chai';
import type { JobEdits } from '../../shared/ports/job-edits.ts';

/** An empty store of edits. */
export interface JobEditsWorld {
  readonly edits: JobEdits;
  dispose(hasPassed: boolean): Promise<void>;
}

const EDIT = {
  id: 'e1',
  jobId: 'j1',
  run: 1,
  by: '$who',
  note: '$note',
  patch: [{ op: 'replace' as const, path: '/input/a.b', value: { $where: 1 } }],
  original: { input: { 'a.b': { $set: 2 } }, options: {} },
};

/** What every JobEdits must do. */
export function jobEditsContract(name: string, makeWorld: () => Promise<JobEditsWorld>): void {
  describe(`${name}: edits of jobs contract`, function () {
    this.timeout(30_000);
    let world: JobEditsWorld;
    beforeEach(async () => {
      world = await makeWorld();
    });
    afterEach(function () {
      return world.dispose(this.currentTest?.isPassed() ?? false);
    });

    it('an edit, is kept as it is, and marked once its replay has come to pass', async () => {
      const { edits } = world;
      await edits.put(EDIT);
      const [{ at, ...kept }] = (await edits.ofJob('j1')) as [Awaited<ReturnType<JobEdits['ofJob']>>[number]];
      expect(kept).to.deep.equal(EDIT);
      expect(at).to.be.instanceOf(Date);
      await edits.applied('e1');
      expect((await edits.ofJob('j1'))[0]).to.include({ isApplied: true });
    });

    it('of a job, are its own, oldest first; one that is forgotten is gone', async () => {
      const { edits } = world;
      await edits.put(EDIT);
      await edits.put({ ...EDIT, id: 'other', jobId: 'j2' });
      await new Promise((resolve) => setTimeout(resolve, 5));
      await edits.put({ ...EDIT, id: 'e0', run: 2 });
      expect((await edits.ofJob('j1')).map(({ id }) => id)).to.deep.equal(['e1', 'e0']);
      await edits.forget('e1');
      expect((await edits.ofJob('j1')).map(({ id }) => id)).to.deep.equal(['e0']);
    });
  });
}
