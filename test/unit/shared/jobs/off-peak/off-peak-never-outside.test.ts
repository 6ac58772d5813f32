import { expect } from 'chai';
import fc from 'fast-check';
import { cronerCalendar } from '../../../../../shared/cron/croner-calendar.ts';
import { OffPeakPlanner } from '../../../../../shared/jobs/off-peak/off-peak-planner.ts';
import { JobSubmitter } from '../../../../../shared/jobs/submit-job.ts';
import { plannedOccurrences } from '../../../../../shared/jobs/windows/plan-windows.ts';
import { ControlFollower } from '../../../../../shared/worker/control-follower.ts';
import { done, EngineWorld } from '../../../../support/engine-world.ts';
import { MemoryControls } from '../../../../support/memory-controls.ts';
import { MemoryReleaseLines } from '../../../../support/memory-release-lines.ts';
import { settled } from '../../../../support/virtual-clock.ts';
import { type DrawnWindow, drawnWindow, instantNearChange, storedWindow } from '../../../../support/windows/window-arbitrary.ts';
import { oracleIsOpen } from '../../../../support/windows/window-oracle.ts';

const MINUTE_MS = 60_000;
/** How long nine of ten jobs take, as the planner is told. */
const P90_MS = 30 * MINUTE_MS;

interface DrawnJob {
  readonly type: 'job' | 'quick' | 'twice';
  readonly afterMinutes: number;
  readonly deadlineMinutes: number | undefined;
  readonly runMinutes: number | undefined;
  readonly takesMinutes: number;
}

const drawnJob: fc.Arbitrary<DrawnJob> = fc.record({
  type: fc.constantFrom('job', 'quick', 'twice'),
  afterMinutes: fc.integer({ min: 0, max: 1_200 }),
  deadlineMinutes: fc.option(fc.integer({ min: 40, max: 2_880 }), { nil: undefined }),
  runMinutes: fc.option(fc.integer({ min: 1, max: 600 }), { nil: undefined }),
  takesMinutes: fc.integer({ min: 1, max: 90 }),
});

interface Start {
  readonly id: string;
  readonly at: Date;
}

/** Planner, relay, engine and follower over three days of a window. */
class Nights {
  readonly world = new EngineWorld();
  readonly starts: Start[] = [];
  /** The moment from which on its deadline lets a job start, as the test reckons it. */
  readonly startBy = new Map<string, Date>();

  async run(window: DrawnWindow, perSecond: number | undefined, begin: Date, jobs: readonly DrawnJob[]): Promise<void> {
    const { world } = this;
    const { clock } = world;
    await clock.advance(begin.getTime() - clock.now().getTime());
    const submitter = await this.#wire(window, perSecond);
    const inOrder = jobs.toSorted((a, b) => a.afterMinutes - b.afterMinutes);
    const takes = new Map<string, number>();
    world.script = async (job) => {
      this.starts.push({ id: job.record.id, at: clock.now() });
      await clock.sleep((takes.get(job.record.id) ?? 1) * MINUTE_MS);
      return done;
    };
    for (const job of inOrder) {
      await this.#goTo(new Date(begin.getTime() + job.afterMinutes * MINUTE_MS));
      const at = (minutes: number | undefined) =>
        minutes === undefined ? undefined : new Date(clock.now().getTime() + minutes * MINUTE_MS);
      const [deadlineAt, runAt] = [at(job.deadlineMinutes), at(job.runMinutes)];
      const more = { ...(deadlineAt && { deadlineAt }), ...(runAt && { runAt }) };
      const { id } = await submitter.submit(world.request({ type: job.type, offPeak: {}, ...more }));
      if (deadlineAt) this.startBy.set(id, new Date(deadlineAt.getTime() - P90_MS));
      takes.set(id, job.takesMinutes);
      await settled();
    }
    await this.#goTo(new Date(begin.getTime() + 3 * 1_440 * MINUTE_MS));
  }

  async #wire(window: DrawnWindow, perSecond: number | undefined): Promise<JobSubmitter> {
    const { world } = this;
    const controls = new MemoryControls({ clock: world.clock });
    const now = world.clock.now();
    const stored = storedWindow({ calendar: window.calendar, ...(perSecond !== undefined && { perSecond }) });
    await controls.windows.put({ ...stored, occurrences: plannedOccurrences(cronerCalendar, stored, now) });
    const follower = new ControlFollower({ ...world.deps, controls, stages: ['p1', 'p2'], owner: 'worker-1' });
    await follower.start();
    // What it has read counts on: nothing changes here.
    await follower.stop();
    await world.worker({ slots: 2, holdBack: (record) => follower.holdBack(record) });
    const durations = { p90Of: async () => P90_MS };
    const lines = new MemoryReleaseLines();
    const offPeak = new OffPeakPlanner({ ...world.deps, controls, lines, calendar: cronerCalendar, durations });
    return new JobSubmitter({ ...world.deps, offPeak });
  }

  /** Rings what is due on the way, at its instant. */
  async #goTo(until: Date): Promise<void> {
    const { world } = this;
    for (;;) {
      const dues = world.store.records.flatMap(({ pub }) => (pub?.due && pub.due <= until ? [pub.due.getTime()] : []));
      if (dues.length === 0) break;
      await world.clock.advance(Math.max(Math.min(...dues) - world.clock.now().getTime(), 0));
      await world.relayNow();
      await world.clock.advance(1_000);
      if (world.clock.now() >= until) return;
    }
    await world.clock.advance(Math.max(until.getTime() - world.clock.now().getTime(), 0));
  }
}

describe('an off-peak job', function () {
  this.timeout(600_000);

  it('in any zone, window and change of clocks, never starts outside its window unless its deadline says so, nor before its run_at', async () => {
    let [inside, byDeadline] = [0, 0];
    const rate = fc.option(fc.constantFrom(0.001, 0.01, 1), { nil: undefined });
    const jobs = fc.array(drawnJob, { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(drawnWindow, rate, instantNearChange, jobs, async (window, perSecond, begin, drawn) => {
        const nights = new Nights();
        await nights.run(window, perSecond, begin, drawn);
        for (const { id, at } of nights.starts) {
          const startBy = nights.startBy.get(id);
          const isOpen = oracleIsOpen(window, at);
          const mustStart = startBy !== undefined && startBy <= at;
          expect(isOpen || mustStart, `${id} started at ${at.toISOString()}`).to.equal(true);
          const { notBefore } = nights.world.record(id).offPeak!;
          if (notBefore) expect(at.getTime()).to.be.at.least(notBefore.getTime());
          if (isOpen) inside += 1;
          else byDeadline += 1;
        }
      }),
      { numRuns: 40 },
    );
    // Else nothing was looked at.
    expect(Math.min(inside, byDeadline)).to.be.above(0);
  });
});
