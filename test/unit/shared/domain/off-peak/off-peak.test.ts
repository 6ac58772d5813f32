import { expect } from 'chai';
import { HeldAgain } from '../../../../../shared/domain/off-peak/held-again.ts';
import { offPeakHold } from '../../../../../shared/domain/off-peak/off-peak-hold.ts';
import { forecastReleases } from '../../../../../shared/domain/off-peak/release-forecast.ts';
import { storedWindow } from '../../../../support/windows/window-arbitrary.ts';

const at = (text: string) => new Date(`2027-01-${text}:00Z`);
const FIRST = { from: at('15T20:00'), until: at('15T22:00') };
const SECOND = { from: at('16T20:00'), until: at('16T22:00') };
const CALENDAR = { kind: 'cron', expression: '0 20 * * *', durationSeconds: 7_200, timeZone: 'UTC' } as const;
const night = storedWindow({ calendar: CALENDAR, occurrences: [FIRST, SECOND] });
const SECOND_MS = 1_000;

describe('the hold of an off-peak job', () => {
  const NOW = at('15T12:00');
  const hold = (job: object, now = NOW, windows = [night]) => offPeakHold(windows, { type: 'a', ...job }, now);

  it('outside its window: until it opens; inside, from its first instant to before its last: none', () => {
    expect(hold({ offPeak: {} })).to.deep.equal({ window: night, opensAt: FIRST.from, until: FIRST.from });
    expect([hold({ offPeak: {} }, FIRST.from), hold({ offPeak: {} }, new Date(FIRST.until.getTime() - 1))]).to.deep.equal([
      undefined,
      undefined,
    ]);
    expect(hold({ offPeak: {} }, FIRST.until)!.until).to.deep.equal(SECOND.from);
  });

  it('not off-peak, of a type that the window is not for, or naming another: none', () => {
    expect(hold({})).to.equal(undefined);
    expect(hold({ offPeak: {} }, NOW, [{ ...night, types: ['b'] }])).to.equal(undefined);
    expect(hold({ offPeak: { window: 'other' } })).to.equal(undefined);
    expect(hold({ offPeak: { window: 'night' } }, NOW, [{ ...night, types: ['b'] }]), 'a name goes first').to.have.property('until');
  });

  it('by its deadline: until then, and none from then on; without the deadline, as after a replay, as any', () => {
    const startBy = at('15T14:00');
    const job = { offPeak: { startBy }, deadlineAt: at('15T15:00') };
    expect(hold(job)!.until).to.deep.equal(startBy);
    expect(hold(job, startBy)).to.equal(undefined);
    expect(hold({ offPeak: { startBy } }, startBy)!.until).to.deep.equal(FIRST.from);
  });

  it('a window of which no opening is known: without an end', () => {
    expect(hold({ offPeak: {} }, SECOND.until)).to.deep.equal({});
  });
});

describe('jobs that are held again', () => {
  const now = new Date(FIRST.from.getTime() - 10 * SECOND_MS);
  const slow = { ...night, perSecond: 0.5 };

  it('come back from the opening on, at the rate of the window', () => {
    const again = new HeldAgain();
    const hold = { window: slow, opensAt: FIRST.from, until: FIRST.from };
    expect([1, 2, 3].map(() => again.postponedMs(hold, now))).to.deep.equal([10_000, 12_000, 14_000]);
    const startBy = new Date(FIRST.from.getTime() + 5 * SECOND_MS);
    expect(again.postponedMs({ ...hold, startBy }, now), 'no later than its deadline lets it').to.equal(15_000);
    const next = { window: slow, opensAt: SECOND.from, until: SECOND.from };
    expect(again.postponedMs(next, new Date(SECOND.from.getTime() - 10 * SECOND_MS)), 'of another night').to.equal(10_000);
  });

  it('without a rate, all at the opening; with none known, in an hour; and never at once', () => {
    const again = new HeldAgain();
    const hold = { window: night, opensAt: FIRST.from, until: FIRST.from };
    expect([again.postponedMs(hold, now), again.postponedMs(hold, now)]).to.deep.equal([10_000, 10_000]);
    expect(again.postponedMs({}, now)).to.equal(3_600_000);
    expect(again.postponedMs(hold, FIRST.from)).to.equal(1_000);
  });
});

describe('a forecast', () => {
  it('of what fits into one night, and of what takes two, is the moment of the last release in open time', () => {
    const forecast = (waiting: number, perSecond?: number, now = at('15T12:00')) =>
      forecastReleases(waiting, perSecond, [FIRST, SECOND], now);
    expect(forecast(3, 0.001)).to.deep.equal({
      releaseMs: 2_000_000,
      lastReleaseAt: new Date(FIRST.from.getTime() + 2_000_000),
      occurrences: 1,
    });
    expect(forecast(10, 0.001)).to.deep.equal({
      releaseMs: 9_000_000,
      lastReleaseAt: new Date(SECOND.from.getTime() + 1_800_000),
      occurrences: 2,
    });
    expect(forecast(3, 0.001, at('15T21:00')).lastReleaseAt).to.deep.equal(new Date(at('15T21:00').getTime() + 2_000_000));
    expect(forecast(5)).to.deep.equal({ releaseMs: 0, lastReleaseAt: FIRST.from, occurrences: 1 });
    expect(forecast(0, 1)).to.deep.include({ releaseMs: 0, occurrences: 0 });
    expect(forecast(100, 0.001)).to.deep.equal({ releaseMs: 99_000_000, occurrences: 2 });
  });
});
