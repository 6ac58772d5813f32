import { expect } from 'chai';
import { cronerCalendar } from '../../../../../shared/cron/croner-calendar.ts';
import { defineJobType, Pipelines } from '../../../../../shared/domain/pipeline.ts';
import { OffPeakPlanner, type OffPeakWish } from '../../../../../shared/jobs/off-peak/off-peak-planner.ts';
import type { WindowToPut } from '../../../../../shared/ports/calendar-windows.ts';
import { MemoryControls } from '../../../../support/memory-controls.ts';
import { MemoryReleaseLines } from '../../../../support/memory-release-lines.ts';
import { VirtualClock } from '../../../../support/virtual-clock.ts';
import { storedWindow } from '../../../../support/windows/window-arbitrary.ts';

/** Open from 20:00 to 22:00 UTC. */
const EVENING = {
  kind: 'weekly',
  weekdays: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'],
  from: '20:00',
  until: '22:00',
  timeZone: 'UTC',
} as const;
const HOUR_MS = 3_600_000;

describe('OffPeakPlanner', () => {
  const clock = new VirtualClock();
  const now = new Date('2027-01-15T12:00:00Z');
  const at = (text: string) => new Date(`2027-01-${text}Z`);
  let controls: MemoryControls;
  let lines: MemoryReleaseLines;
  let p90Ms: number | undefined;

  beforeEach(() => {
    controls = new MemoryControls({ clock });
    lines = new MemoryReleaseLines();
    p90Ms = HOUR_MS;
  });

  const put = (more: Partial<WindowToPut> = {}) => controls.windows.put({ ...storedWindow({ calendar: EVENING }), ...more });
  const planner = () =>
    new OffPeakPlanner({
      ...{ controls, lines, calendar: cronerCalendar, clock },
      pipelines: new Pipelines([
        defineJobType('alone', [{ name: 'p1', timeoutMs: 600_000 }]),
        defineJobType('grouped', [{ name: 'p1', isInline: true }]),
      ]),
      durations: { p90Of: async () => p90Ms },
    });
  const wish = (more: Partial<OffPeakWish> = {}): OffPeakWish => ({ type: 'alone', offPeak: {}, ...more });
  const place = async (...wishes: readonly Partial<OffPeakWish>[]) => planner().place(wishes.map(wish), now);
  const moments = async (...wishes: readonly Partial<OffPeakWish>[]) =>
    (await place(...wishes)).map(({ runAt }) => runAt?.toISOString().slice(8, 23));

  it('no window for the job: it is released at once, or at its run_at', async () => {
    const runAt = at('16T01:00:00');
    expect(await place({}, { runAt })).to.deep.equal([{ offPeak: {} }, { runAt, offPeak: { notBefore: runAt } }]);
    await put({ types: ['grouped'] });
    expect(await moments({}, { type: 'grouped' })).to.deep.equal([undefined, '15T20:00:00.000']);
    expect(await moments({ type: 'grouped', offPeak: { window: 'nothing' } }), 'a window that there is not').to.deep.equal([undefined]);
  });

  it('a window without a rate: all are released when it opens; while it is open, at once', async () => {
    await put();
    expect(await moments({}, {})).to.deep.equal(['15T20:00:00.000', '15T20:00:00.000']);
    expect(await planner().place([wish()], at('15T21:00:00'))).to.deep.equal([{ offPeak: {} }]);
  });

  it('a rate: one after the other, by any number of processes, and the next evening when one is full', async () => {
    await put({ perSecond: 0.0005 });
    const all = await Promise.all([place({}, {}), place({}), place({}, {})]);
    const given = all.flat().map(({ runAt }) => runAt!.toISOString().slice(8, 16));
    expect(given.toSorted()).to.deep.equal(['15T20:00', '15T20:33', '15T21:06', '15T21:40', '16T20:00']);
  });

  it('a rate, while it is open: from now on', async () => {
    await put({ perSecond: 0.01 });
    const during = at('15T21:00:00');
    const placed = await planner().place([wish(), wish(), wish()], during);
    expect(placed.map(({ runAt }) => runAt?.toISOString().slice(8, 19))).to.deep.equal([undefined, '15T21:01:40', '15T21:03:20']);
  });

  it('handlers that take batches: as many as a group has are released together, at the same rate on the whole', async () => {
    await put({ perSecond: 0.01, batch: 3 });
    const grouped = { type: 'grouped' };
    expect(await moments(grouped, grouped, {}, grouped, grouped)).to.deep.equal([
      '15T20:00:00.000',
      '15T20:00:00.000',
      '15T20:05:00.000',
      '15T20:00:00.000',
      '15T20:06:40.000',
    ]);
    expect(await moments(grouped), 'of another process').to.deep.equal(['15T20:06:40.000']);
  });

  it('a deadline that the window is too late for: it starts the duration of nine of ten before it', async () => {
    await put();
    const deadlineAt = at('15T19:00:00');
    expect(await place({ deadlineAt })).to.deep.equal([{ runAt: at('15T18:00:00'), offPeak: { startBy: at('15T18:00:00') } }]);
    expect(await place({ deadlineAt: at('15T12:30:00') }), 'which was before now').to.deep.equal([
      { offPeak: { startBy: at('15T11:30:00') } },
    ]);
    expect(await moments({ deadlineAt: at('15T23:00:00') }), 'late enough').to.deep.equal(['15T20:00:00.000']);
  });

  it('a deadline before its turn at the rate: it does not wait for its turn', async () => {
    await put({ perSecond: 0.0005 });
    expect(await moments({}, { deadlineAt: at('15T21:10:00') })).to.deep.equal(['15T20:00:00.000', '15T20:10:00.000']);
  });

  it('a duration that nobody knows: the timeouts of its stages', async () => {
    await put();
    p90Ms = undefined;
    expect(await moments({ deadlineAt: at('15T19:00:00') })).to.deep.equal(['15T18:50:00.000']);
  });

  it('a run_at in the window: then; after it: in the next; and the deadline makes it no earlier', async () => {
    await put();
    expect(await moments({ runAt: at('17T21:00:00') }, { runAt: at('17T22:00:00') })).to.deep.equal(['17T21:00:00.000', '18T20:00:00.000']);
    expect(await moments({ runAt: at('16T10:00:00'), deadlineAt: at('16T10:30:00') })).to.deep.equal(['16T10:00:00.000']);
  });

  it('two windows for it: the one that opens first', async () => {
    await put();
    await put({ name: 'noon', calendar: { ...EVENING, from: '13:00', until: '14:00' } });
    expect(await moments({}, { offPeak: { window: 'night' } })).to.deep.equal(['15T13:00:00.000', '15T20:00:00.000']);
  });

  it('an occurrence that was called off: the next', async () => {
    await put();
    await controls.windows.skip('night', 1, { occurrences: [], skipped: [at('15T20:00:00')] });
    expect(await moments({})).to.deep.equal(['16T20:00:00.000']);
  });
});
