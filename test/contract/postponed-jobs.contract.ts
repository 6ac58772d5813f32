import { expect } from 'chai';
import type { JobRecord } from '../../shared/domain/job.ts';
import type { PostponedFilter, PostponedJobs } from '../../shared/ports/postponed-jobs.ts';
import { storedRecord } from './store-records.ts';

export interface PostponedJobsWorld {
  readonly postponed: PostponedJobs;
  put(records: readonly JobRecord[]): Promise<void>;
  dispose(hasPassed: boolean): Promise<void>;
}

const LATER_THAN_MS = 31_000;
const owedIn = (ms: number) => ({ due: new Date(Date.now() + ms), by: 't' });

/** What every PostponedJobs must do. */
export function postponedJobsContract(name: string, makeWorld: () => Promise<PostponedJobsWorld>): void {
  describe(`${name}: postponed jobs contract`, function () {
    this.timeout(60_000);
    let world: PostponedJobsWorld;
    beforeEach(async () => {
      world = await makeWorld();
    });
    afterEach(async function () {
      await world.dispose(this.currentTest?.isPassed() ?? false);
    });

    async function put(part: Partial<JobRecord>): Promise<string> {
      const record = storedRecord({ state: 'QUEUED', pub: owedIn(3_600_000), ...part });
      await world.put([record]);
      return record.id;
    }

    const found = async (filter: PostponedFilter, limit = 100) =>
      (await world.postponed.find(filter, LATER_THAN_MS, limit)).map(({ id }) => id).toSorted();

    it('jobs that are queued and owed later: are found with their generation; other states, and what is owed soon or not at all, are not', async () => {
      const id = await put({ gen: 7 });
      await put({ pub: owedIn(20_000) });
      await put({ pub: { at: new Date() } });
      for (const state of ['SCHEDULED', 'RETRY_WAIT'] as const) await put({ state });
      expect(await world.postponed.find({}, LATER_THAN_MS, 100)).to.deep.equal([{ id, gen: 7 }]);
    });

    it('a tenant, a type, places: only those that fit all of it', async () => {
      const first = await put({ tenant: 'acme', type: 'report', stage: 1 });
      const second = await put({ tenant: 'acme', type: 'image', stage: 0 });
      const third = await put({ tenant: 'other', type: 'report', stage: 0 });
      expect(await found({ tenant: 'acme' })).to.deep.equal([first, second].toSorted());
      expect(await found({ type: 'report' })).to.deep.equal([first, third].toSorted());
      const places = [
        { type: 'report', stage: 1 },
        { type: 'image', stage: 0 },
      ];
      expect(await found({ places })).to.deep.equal([first, second].toSorted());
      expect(await found({ tenant: 'acme', type: 'report', places })).to.deep.equal([first]);
      expect(await found({ tenant: '$acme' })).to.deep.equal([]);
    });

    it('off-peak jobs: are found, but not where they are to be left out; and alone where all others are', async () => {
      const [first, second] = [await put({ offPeak: {} }), await put({})];
      expect(await found({})).to.deep.equal([first, second].toSorted());
      expect(await found({ exceptOffPeak: true })).to.deep.equal([second]);
      expect(await found({ onlyOffPeak: true })).to.deep.equal([first]);
    });

    it('more than the limit: as many as that', async () => {
      for (let count = 0; count < 4; count += 1) await put({});
      expect(await found({}, 3)).to.have.length(3);
    });
  });
}
