import { expect } from 'chai';
import fc from 'fast-check';
import { cronerCalendar } from '../../../../../shared/cron/croner-calendar.ts';
import type { WindowCalendar } from '../../../../../shared/domain/windows/calendar-window.ts';
import { OffPeakPlanner } from '../../../../../shared/jobs/off-peak/off-peak-planner.ts';
import { type ReplanDeps, replanReleases } from '../../../../../shared/jobs/off-peak/replan-releases.ts';
import { JobSubmitter, type SubmitRequest } from '../../../../../shared/jobs/submit-job.ts';
import { plannedOccurrences } from '../../../../../shared/jobs/windows/plan-windows.ts';
import type { WindowToPut } from '../../../../../shared/ports/calendar-windows.ts';
import { EngineWorld } from '../../../../support/engine-world.ts';
import { MemoryControls } from '../../../../support/memory-controls.ts';
import { MemoryLeaseStore } from '../../../../support/memory-lease-store.ts';
import { MemoryOffPeakJobs } from '../../../../support/memory-off-peak-jobs.ts';
import { MemoryPostponedJobs } from '../../../../support/memory-postponed-jobs.ts';
import { MemoryReleaseLines } from '../../../../support/memory-release-lines.ts';
import { drawnWindow, instantNearChange, storedWindow } from '../../../../support/windows/window-arbitrary.ts';
import { oracleIsOpen } from '../../../../support/windows/window-oracle.ts';

const MINUTE_MS = 60_000;
const P90_MS = 30 * MINUTE_MS;
const NOON = new Date('2027-01-15T12:00:00Z');

function daily(from: string, until: string): WindowCalendar {
  return { kind: 'weekly', weekdays: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], from, until, timeZone: 'UTC' };
}

/** Submitter and scheduler over windows that change; no worker, so that nobody else keeps a job from starting. */
class Changes {
  readonly world = new EngineWorld();
  readonly controls = new MemoryControls({ clock: this.world.clock });
  readonly lines = new MemoryReleaseLines();
  readonly leases = new MemoryLeaseStore({ clock: this.world.clock });
  readonly #submitter: JobSubmitter;
  readonly #deps: ReplanDeps;

  constructor() {
    const { deps, store } = this.world;
    const more = { controls: this.controls, lines: this.lines };
    const planner = new OffPeakPlanner({ ...deps, ...more, calendar: cronerCalendar, durations: { p90Of: async () => P90_MS } });
    this.#submitter = new JobSubmitter({ ...deps, offPeak: planner });
    const looks = { offPeakJobs: new MemoryOffPeakJobs(store), postponed: new MemoryPostponedJobs(store) };
    this.#deps = { ...deps, ...more, ...looks, planner, leases: this.leases, owner: 'scheduler-1' };
  }

  async begin(now = NOON): Promise<this> {
    await this.world.clock.advance(now.getTime() - this.world.clock.now().getTime());
    return this;
  }

  async put(calendar: WindowCalendar, more: Partial<WindowToPut> = {}): Promise<void> {
    const window = { ...storedWindow({ calendar }), ...more };
    await this.controls.windows.put({ ...window, occurrences: plannedOccurrences(cronerCalendar, window, this.world.clock.now()) });
  }

  async submit(more: Partial<SubmitRequest> = {}): Promise<string> {
    return (await this.#submitter.submit(this.world.request({ offPeak: {}, ...more }))).id;
  }

  run(more: Partial<ReplanDeps> = {}): Promise<number> {
    return replanReleases({ ...this.#deps, ...more }, new AbortController().signal);
  }

  /** As schedulers do each ten seconds. @returns jobs planned. */
  async replan(): Promise<number> {
    await this.run();
    await this.world.clock.advance(10_000);
    return this.run();
  }

  dueOf(id: string): string | undefined {
    return this.world.record(id).pub?.due?.toISOString().slice(8, 19);
  }
}

describe('replanReleases', () => {
  let changes: Changes;
  beforeEach(async () => {
    changes = await new Changes().begin();
    await changes.put(daily('20:00', '22:00'));
    await changes.run();
  });

  it('a window with other hours: its jobs are released in these, with another token', async () => {
    const id = await changes.submit();
    const before = changes.world.record(id);
    await changes.put(daily('18:00', '19:00'));
    expect(await changes.replan()).to.equal(1);
    const { pub, runAt, gen, state } = changes.world.record(id);
    expect([changes.dueOf(id), state, gen]).to.deep.equal(['15T18:00:00', 'SCHEDULED', before.gen]);
    expect(runAt).to.deep.equal(pub?.due);
    expect(pub?.by).not.to.equal(before.pub?.by);
    expect(await changes.replan(), 'once').to.equal(0);
  });

  it('a rate: one after the other at the new one, in the order in which they were to be released', async () => {
    const ids = [await changes.submit(), await changes.submit(), await changes.submit()];
    await changes.put(daily('18:00', '19:00'), { perSecond: 0.01 });
    await changes.replan();
    expect(ids.map((id) => changes.dueOf(id)!.slice(3))).to.have.members(['18:00:00', '18:01:40', '18:03:20']);
  });

  it('a window that is removed: its jobs are released at once, those that name a later moment then', async () => {
    const [now, later] = [await changes.submit(), await changes.submit({ runAt: new Date('2027-01-15T16:00:00Z') })];
    await changes.controls.windows.remove('night');
    expect(await changes.replan()).to.equal(2);
    expect(changes.world.record(now).pub!.due!.getTime()).to.be.at.most(changes.world.clock.now().getTime());
    expect(changes.dueOf(later)).to.equal('15T16:00:00');
    await changes.world.relayNow();
    expect(changes.world.state(now)).to.equal('QUEUED');
  });

  it('one that was removed and made anew with other hours in between: is seen', async () => {
    const id = await changes.submit();
    await changes.controls.windows.remove('night');
    await changes.world.clock.advance(1);
    await changes.put(daily('18:00', '19:00'));
    await changes.replan();
    expect(changes.dueOf(id)).to.equal('15T18:00:00');
  });

  it('an occurrence that is called off: the next', async () => {
    const id = await changes.submit();
    const [window] = (await changes.controls.read()).windows;
    const skipped = [window!.occurrences[0]!.from];
    await changes.controls.windows.skip('night', 1, { occurrences: window!.occurrences.slice(1), skipped });
    await changes.replan();
    expect(changes.dueOf(id)).to.equal('16T20:00:00');
  });

  it('the moment at which its deadline lets a job start: stays as it was submitted', async () => {
    const id = await changes.submit({ deadlineAt: new Date('2027-01-15T21:10:00Z') });
    await changes.put(daily('22:00', '23:00'));
    await changes.replan();
    expect([changes.dueOf(id), changes.world.record(id).offPeak?.startBy]).to.deep.equal(['15T20:40:00', new Date('2027-01-15T20:40:00Z')]);
  });

  it('jobs of a window that has not changed: are not touched', async () => {
    await changes.put(daily('13:00', '14:00'), { name: 'noon' });
    await changes.replan();
    const [noon, night] = [await changes.submit({ offPeak: { window: 'noon' } }), await changes.submit({ offPeak: { window: 'night' } })];
    const before = changes.world.record(noon);
    await changes.put(daily('18:00', '19:00'));
    expect(await changes.replan()).to.equal(1);
    expect(changes.world.record(noon)).to.deep.equal(before);
    expect(changes.dueOf(night)).to.equal('15T18:00:00');
  });

  it('a job that was released meanwhile: is not touched', async () => {
    const id = await changes.submit();
    await changes.put(daily('18:00', '19:00'));
    await changes.run();
    const seen = await changes.world.store.read([id], 'local');
    const offPeakJobs = {
      async *scheduled() {
        const { type, gen, offPeak, pub } = seen[0]!;
        changes.world.patch(id, { pub: { due: NOON, by: 'x' } });
        await changes.world.relayNow();
        yield [{ id, type, gen, offPeak: offPeak!, by: pub!.by!, due: pub!.due! }];
      },
    };
    await changes.world.clock.advance(10_000);
    const before = await changes.run({ offPeakJobs });
    expect([before, changes.world.state(id)]).to.deep.equal([0, 'QUEUED']);
  });

  it('a job that was released and held again: is rung once, to look anew', async () => {
    const held = { state: 'QUEUED', pub: { due: new Date('2027-01-16T20:00:00Z'), by: 'held' } } as const;
    const [night, other] = [await changes.submit(), await changes.submit({ offPeak: false })];
    for (const id of [night, other]) changes.world.patch(id, held);
    await changes.put(daily('18:00', '19:00'));
    expect(await changes.replan()).to.equal(1);
    expect(changes.world.record(night).pub!.due!.getTime()).to.be.at.most(changes.world.clock.now().getTime());
    expect(changes.world.record(other).pub).to.deep.equal(held.pub);
    expect(await changes.replan()).to.equal(0);
  });

  it('two schedulers: one plans; a scheduler that was killed: the other goes on with what is left', async () => {
    const ids = [await changes.submit(), await changes.submit()];
    await changes.put(daily('18:00', '19:00'), { perSecond: 0.01 });
    await changes.run();
    await changes.world.clock.advance(10_000);
    await changes.leases.tryAcquire('replan-releases', 'scheduler-2', 60_000);
    expect(await changes.run(), 'while another holds the lease').to.equal(0);
    await changes.leases.release('replan-releases', 'scheduler-2');
    changes.world.store.failAfter(1, ({ transition }) => transition?.name === 'replan');
    expect(await changes.run().catch(() => 'killed')).to.equal('killed');
    expect(await changes.run({ owner: 'scheduler-2' })).to.equal(1);
    expect(new Set(ids.map((id) => changes.dueOf(id)!.slice(0, 5)))).to.deep.equal(new Set(['15T18']));
    expect(await changes.run()).to.equal(0);
  });

  it('nothing changes: asks the store for the plan alone', async () => {
    await changes.submit();
    const asked = changes.world.store.calls.length;
    expect(await changes.replan()).to.equal(0);
    expect(changes.world.store.calls).to.have.length(asked);
  });

  it('after any change of a window, in any zone and around changes of clocks: no held job is released outside the new one', async () => {
    let [inside, byDeadline] = [0, 0];
    const job = fc.record({
      deadlineMinutes: fc.option(fc.integer({ min: 40, max: 2_880 }), { nil: undefined }),
      runMinutes: fc.option(fc.integer({ min: 1, max: 600 }), { nil: undefined }),
    });
    const rate = fc.option(fc.constantFrom(0.001, 0.01, 1), { nil: undefined });
    const drawn = [drawnWindow, fc.option(drawnWindow, { nil: undefined, freq: 6 }), rate, instantNearChange] as const;
    const jobs = fc.array(job, { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(...drawn, jobs, async (before, after, perSecond, now, all) => {
        const one = await new Changes().begin(now);
        await one.put(before.calendar, perSecond === undefined ? {} : { perSecond });
        await one.run();
        const at = (minutes: number | undefined) => (minutes === undefined ? undefined : new Date(now.getTime() + minutes * MINUTE_MS));
        for (const { deadlineMinutes, runMinutes } of all) {
          const [deadlineAt, runAt] = [at(deadlineMinutes), at(runMinutes)];
          await one.submit({ ...(deadlineAt && { deadlineAt }), ...(runAt && { runAt }) });
        }
        if (after) await one.put(after.calendar, perSecond === undefined ? {} : { perSecond });
        else await one.controls.windows.remove('night');
        await one.replan();
        const until = one.world.clock.now();
        for (const { state, offPeak, pub } of one.world.store.records) {
          if (state !== 'SCHEDULED') continue;
          const due = pub!.due!;
          if (offPeak?.notBefore) expect(due.getTime()).to.be.at.least(offPeak.notBefore.getTime());
          if (!after) expect(due.getTime()).to.be.at.most(Math.max(until.getTime(), offPeak?.notBefore?.getTime() ?? 0));
          else if (oracleIsOpen(after, due)) inside += 1;
          else {
            expect(offPeak?.startBy !== undefined && offPeak.startBy <= due, `released at ${due.toISOString()}`).to.equal(true);
            byDeadline += 1;
          }
        }
      }),
      { numRuns: 60 },
    );
    // Else nothing was looked at.
    expect(Math.min(inside, byDeadline)).to.be.above(0);
  }).timeout(300_000);
});
