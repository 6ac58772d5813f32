import { expect } from 'chai';
import type { FsckReport } from '../../shared/domain/fsck-report.ts';
import type { FsckRuns } from '../../shared/ports/fsck-runs.ts';

export interface FsckRunsWorld {
  readonly runs: FsckRuns;
  dispose(hasPassed: boolean): Promise<void>;
}

const STATES = { SCHEDULED: 0, QUEUED: 0, RUNNING: 0, RETRY_WAIT: 0, COMPLETED: 1, FAILED: 0, CANCELED: 0, EXPIRED: 0 };
const COUNTS = {
  lost: 1,
  doubled: 0,
  zombie: 0,
  orphaned_output: 0,
  stale_dead_letter: 0,
  unreadable_dead_letter: 0,
  broken_record: 0,
  missing_data: 0,
};
const REPORT: FsckReport = {
  startedAt: new Date('2026-01-01T00:00:00.000Z'),
  endedAt: new Date('2026-01-01T00:01:00.000Z'),
  repair: true,
  jobs: 1,
  byState: STATES,
  deadLetters: 0,
  counts: COUNTS,
  outputsToSweep: 0,
  errors: 1,
  repaired: 1,
  findings: [{ category: 'lost', rule: 'bell_lost', level: 'error', jobId: 'a', detail: '$gone {a.b}', repaired: 'rearm' }],
  isCut: false,
  unchecked: [],
  notes: ['$note'],
};

/** What every FsckRuns must do. */
export function fsckRunsContract(name: string, makeWorld: () => Promise<FsckRunsWorld>): void {
  describe(`${name}: fsck runs contract`, function () {
    this.timeout(30_000);
    let world: FsckRunsWorld;
    let runs: FsckRuns;
    beforeEach(async () => {
      world = await makeWorld();
      runs = world.runs;
    });
    afterEach(function () {
      return world.dispose(this.currentTest?.isPassed() ?? false);
    });

    const request = (id: string, repair = false) => runs.request({ id, by: 'operator', repair });

    it('a request, goes from requested over running to done, and keeps its report as it is', async () => {
      expect(await request('a', true)).to.equal(true);
      expect(await runs.open()).to.include({ id: 'a', state: 'requested', repair: true, by: 'operator', tries: 0 });
      await runs.begin('a');
      await runs.note('a', { phase: 'jobs', jobs: 7 });
      const running = await runs.read('a');
      expect(running).to.deep.include({ state: 'running', tries: 1, progress: { phase: 'jobs', jobs: 7 } });
      expect(Math.abs(running!.startedAt!.getTime() - running!.requestedAt.getTime())).to.be.below(10_000);
      await runs.end('a', { report: REPORT });
      expect(await runs.open()).to.equal(undefined);
      const done = await runs.read('a');
      expect(done).to.include({ state: 'done' }).and.not.have.any.keys('progress', 'error');
      expect(done!.report).to.deep.equal(REPORT);
      expect(done!.endedAt).to.be.instanceOf(Date);
    });

    it('the same id twice, is one request', async () => {
      expect([await request('a'), await request('a', true), (await runs.read('a'))!.repair]).to.deep.equal([true, false, false]);
      expect((await Promise.all(Array.from({ length: 10 }, () => request('b')))).filter(Boolean)).to.have.length(1);
    });

    it('a run that failed, says why; one that is given back, is open again without that try', async () => {
      await request('a');
      await runs.begin('a');
      await runs.giveBack('a');
      expect(await runs.open()).to.include({ id: 'a', state: 'requested', tries: 0 });
      await runs.begin('a');
      await runs.end('a', { error: '$broken' });
      expect(await runs.read('a')).to.include({ state: 'failed', error: '$broken' });
      await runs.begin('a');
      await runs.giveBack('a');
      expect((await runs.read('a'))!.state, 'what has ended stays ended').to.equal('failed');
    });

    it('of several that are open, the oldest comes first; one that runs is open too', async () => {
      for (const id of ['b', 'a']) {
        await request(id);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      await runs.begin('b');
      expect((await runs.open())!.id).to.equal('b');
    });

    it('a list, is newest first, without findings; nothing there is nothing', async () => {
      for (const id of ['a', 'b', 'c']) {
        await request(id);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      await runs.end('b', { report: REPORT });
      expect((await runs.list(2)).map(({ id }) => id)).to.deep.equal(['c', 'b']);
      expect((await runs.list(2))[1]!.report).to.deep.equal({ ...REPORT, findings: [] });
      expect((await runs.list(3))[2]).to.not.have.property('report');
      expect(await runs.read('x')).to.equal(undefined);
    });

    it('the last fifty that have ended, are kept', async () => {
      for (let count = 0; count < 53; count += 1) {
        const id = `run-${String(count).padStart(2, '0')}`;
        await request(id);
        await runs.end(id, { error: 'x' });
      }
      await request('last');
      expect(await runs.list(100)).to.have.length(51);
      expect(await runs.read('run-00')).to.equal(undefined);
    });
  });
}
