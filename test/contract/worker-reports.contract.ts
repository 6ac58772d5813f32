import { expect } from 'chai';
import type { WorkerReport } from '../../shared/domain/control/worker-report.ts';
import type { WorkerReports } from '../../shared/ports/worker-reports.ts';

export interface WorkerReportsWorld {
  readonly reports: WorkerReports;
  dispose(hasPassed: boolean): Promise<void>;
}

const REPORT: WorkerReport = {
  id: 'p1-worker@host:1:a',
  service: 'p1-worker',
  version: '1.0.0',
  host: '$host',
  pid: 1,
  stages: ['p1'],
  startedAt: new Date('2026-01-01T00:00:00.000Z'),
  leases: 1,
  jobs: [{ id: 'a', type: '$type', stage: 0, attempt: 1 }],
  bellsHeld: 3,
  slots: 4,
  slotsBusy: 1,
  loopLagMs: { mean: 1, longest: 9 },
  memoryBytes: 1_000,
  draining: false,
  paused: false,
};

/** What every WorkerReports must do. */
export function workerReportsContract(name: string, makeWorld: () => Promise<WorkerReportsWorld>): void {
  describe(`${name}: worker reports contract`, function () {
    this.timeout(30_000);
    let world: WorkerReportsWorld;
    beforeEach(async () => {
      world = await makeWorld();
    });
    afterEach(function () {
      return world.dispose(this.currentTest?.isPassed() ?? false);
    });

    it('a report, is listed as it was made, with its time; the next one takes its place', async () => {
      const { reports } = world;
      await reports.report(REPORT);
      const [{ reportedAt, ...first }] = (await reports.list()) as [Awaited<ReturnType<WorkerReports['list']>>[number]];
      expect(first).to.deep.equal(REPORT);
      expect(Math.abs(reportedAt.getTime() - Date.now())).to.be.below(60_000);
      await reports.report({ ...REPORT, leases: 0, jobs: [] });
      expect((await reports.list()).map(({ leases, jobs }) => ({ leases, jobs }))).to.deep.equal([{ leases: 0, jobs: [] }]);
    });

    it('several workers, are listed by id; one that is removed is gone', async () => {
      const { reports } = world;
      for (const id of ['b', 'c', 'a']) await reports.report({ ...REPORT, id });
      await reports.remove('b');
      await reports.remove('nobody');
      expect((await reports.list()).map(({ id }) => id)).to.deep.equal(['a', 'c']);
    });
  });
}
