import { expect } from 'chai';
import { InvalidCursorError } from '../../shared/domain/failures.ts';
import type { JobRecord } from '../../shared/domain/job.ts';
import type { JobSearch } from '../../shared/domain/search/job-search.ts';
import type { JobSearcher } from '../../shared/ports/job-searcher.ts';
import { PAST, storedRecord } from './store-records.ts';

/** A searcher over a store that is empty. */
export interface JobSearchWorld {
  readonly searcher: JobSearcher;
  put(records: readonly JobRecord[]): Promise<void>;
  dispose(hasPassed: boolean): Promise<void>;
}

const at = (second: number) => new Date(PAST.getTime() + second * 1_000);
const err = (code: string) => ({ code, message: 'm', errorClass: 'retry' as const });
const ENDED = { active: undefined as never };

/** What every JobSearcher does. */
export function jobSearchContract(name: string, makeWorld: () => Promise<JobSearchWorld>): void {
  describe(`JobSearcher: ${name}`, function () {
    this.timeout(60_000);
    let world: JobSearchWorld;

    beforeEach(async () => {
      world = await makeWorld();
    });
    afterEach(async function () {
      await world.dispose(this.currentTest?.isPassed() ?? false);
    });

    const put = async (part: Partial<JobRecord>): Promise<string> => {
      const record = storedRecord(part);
      await world.put([record]);
      return record.id;
    };

    /** All pages, however few jobs they hold. */
    async function all(search: Omit<JobSearch, 'tenant'>, limit = 2): Promise<string[]> {
      const ids: string[] = [];
      for (let after: string | undefined; ; ) {
        const page = await world.searcher.search({ tenant: 't', ...search }, limit, after);
        expect(page.jobs.length).to.be.at.most(limit);
        ids.push(...page.jobs.map(({ id }) => id));
        if (page.next === undefined) return ids;
        after = page.next;
      }
    }

    it('each form of a search: exactly the jobs that meet all its parts, newest first, of this tenant alone', async () => {
      const jobs: Record<string, string> = {
        failed: await put({ createdAt: at(9), state: 'FAILED', type: 'a', tags: ['x', 'y'], err: err('boom'), ...ENDED }),
        failedOther: await put({ createdAt: at(8), state: 'FAILED', type: 'b', tags: ['x'], err: err('crash'), ...ENDED }),
        queued: await put({ createdAt: at(7), type: 'a', tags: ['y'] }),
        retried: await put({ createdAt: at(6), state: 'RETRY_WAIT', type: 'a', err: err('boom') }),
        running: await put({ createdAt: at(5), state: 'RUNNING', type: 'b', claim: 'c', lease: { until: at(1) } }),
        completed: await put({ createdAt: at(4), state: 'COMPLETED', type: 'a', tags: ['x'], ...ENDED }),
        scheduled: await put({ createdAt: at(3), state: 'SCHEDULED', type: 'a' }),
      };
      await put({ createdAt: at(9), tenant: 'other', state: 'FAILED', type: 'a', tags: ['x', 'y'], err: err('boom'), ...ENDED });
      await put({ createdAt: at(9), tenant: 'other', state: 'RUNNING', claim: 'c', lease: { until: at(1) } });
      const named = async (search: Omit<JobSearch, 'tenant'>) =>
        (await all(search)).map((id) => Object.keys(jobs).find((key) => jobs[key] === id) ?? 'unknown').join(' ');
      expect(await named({})).to.equal('failed failedOther queued retried running completed scheduled');
      expect(await named({ state: 'FAILED' })).to.equal('failed failedOther');
      expect(await named({ state: 'RUNNING' })).to.equal('running');
      expect(await named({ state: 'QUEUED' })).to.equal('queued');
      expect(await named({ state: 'COMPLETED' })).to.equal('completed');
      expect(await named({ type: 'b' })).to.equal('failedOther running');
      expect(await named({ tags: ['x'] })).to.equal('failed failedOther completed');
      expect(await named({ tags: ['y', 'x'] })).to.equal('failed');
      expect(await named({ tags: ['x'], state: 'COMPLETED' })).to.equal('completed');
      expect(await named({ errorCode: 'boom' })).to.equal('failed');
      expect(await named({ errorCode: 'boom', state: 'RETRY_WAIT' })).to.equal('retried');
      expect(await named({ errorCode: 'boom', tags: ['x'] })).to.equal('failed');
      expect(await named({ state: 'FAILED', type: 'b', errorCode: 'crash', tags: ['x'] })).to.equal('failedOther');
      expect(await named({ createdAfter: at(5), createdBefore: at(8) })).to.equal('queued retried');
      expect(await named({ type: 'a', createdAfter: at(7) })).to.equal('failed');
      expect(await named({ type: { $ne: '' } as never })).to.equal('');
    });

    it('jobs of one moment, pages of any size: each once, also while others come', async () => {
      const ids = await Promise.all(
        Array.from({ length: 9 }, (_, n) => put({ createdAt: at(n % 2), tags: ['x'], type: n === 4 ? 'rare' : 'b' })),
      );
      for (const limit of [1, 2, 5, 100]) {
        expect((await all({}, limit)).toSorted()).to.deep.equal(ids.toSorted());
        expect((await all({ tags: ['x'] }, limit)).toSorted()).to.deep.equal(ids.toSorted());
        expect(await all({ type: 'rare' }, limit)).to.deep.equal([ids[4]]);
      }
      const first = await world.searcher.search({ tenant: 't' }, 4);
      await put({ createdAt: at(50) });
      const second = await world.searcher.search({ tenant: 't' }, 100, first.next);
      expect(new Set([...first.jobs, ...second.jobs].map(({ id }) => id)).size).to.equal(9);
    });

    it('a cursor that was not issued: is refused', async () => {
      for (const cursor of ['', 'x', Buffer.from('{"$gt":""}').toString('base64url')]) {
        const error = await world.searcher.search({ tenant: 't' }, 1, cursor).catch((problem: unknown) => problem);
        expect(error, cursor).to.be.instanceOf(InvalidCursorError);
      }
    });
  });
}
