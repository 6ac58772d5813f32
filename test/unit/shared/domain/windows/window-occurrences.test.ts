import { expect } from 'chai';
import fc from 'fast-check';
import { cronerCalendar } from '../../../../../shared/cron/croner-calendar.ts';
import { WEEKDAYS, type WindowCalendar } from '../../../../../shared/domain/windows/calendar-window.ts';
import { occurrencesAfter } from '../../../../../shared/domain/windows/window-occurrences.ts';
import { windowTicks } from '../../../../../shared/jobs/windows/window-ticks.ts';
import { drawnWindow, instantNearChange } from '../../../../support/windows/window-arbitrary.ts';
import { oracleOccurrence } from '../../../../support/windows/window-oracle.ts';

const DAY_MS = 86_400_000;
const weekly = (from: string, until: string, timeZone: string, weekdays = [...WEEKDAYS]): WindowCalendar => ({
  kind: 'weekly',
  weekdays,
  from,
  until,
  timeZone,
});
const soonest = (calendar: WindowCalendar, instant: string, most = 1) =>
  occurrencesAfter(calendar, windowTicks(cronerCalendar, calendar), new Date(instant), most).map(
    ({ from, until }) => `${from.toISOString()} ${until.toISOString()}`,
  );

describe('occurrences of a window', function () {
  this.timeout(300_000);

  it('weekly, in any zone, around changes of the clocks: are those of an oracle that looks at every minute by Intl', () => {
    fc.assert(
      fc.property(drawnWindow, instantNearChange, (window, instant) => {
        const first = Math.floor(instant.getTime() / DAY_MS) - 3;
        const expected = Array.from({ length: 9 }, (_, index) => oracleOccurrence(window, first + index))
          .filter((one) => one !== undefined && one.until > instant)
          .slice(0, 3);
        const found = occurrencesAfter(window.calendar, windowTicks(cronerCalendar, window.calendar), instant, expected.length);
        expect(found).to.deep.equal(expected);
      }),
      { numRuns: 150 },
    );
  });

  it('over midnight: ends on the next day, and one that began yesterday is told', () => {
    expect(soonest(weekly('22:00', '06:00', 'Europe/Berlin'), '2027-01-15T02:00:00Z', 2)).to.deep.equal([
      '2027-01-14T21:00:00.000Z 2027-01-15T05:00:00.000Z',
      '2027-01-15T21:00:00.000Z 2027-01-16T05:00:00.000Z',
    ]);
  });

  it('that begins in the hour left out: begins at its end; that lies in it: is not', () => {
    expect(soonest(weekly('02:30', '04:00', 'Europe/Berlin'), '2027-03-28T00:00:00Z')).to.deep.equal([
      '2027-03-28T01:00:00.000Z 2027-03-28T02:00:00.000Z',
    ]);
    expect(soonest(weekly('02:10', '02:50', 'Europe/Berlin'), '2027-03-28T00:00:00Z')).to.deep.equal([
      '2027-03-29T00:10:00.000Z 2027-03-29T00:50:00.000Z',
    ]);
  });

  it('that begins and ends in the hour that comes twice: begins the first time and ends the second', () => {
    expect(soonest(weekly('02:10', '02:50', 'Europe/Berlin'), '2027-10-31T00:00:00Z')).to.deep.equal([
      '2027-10-31T00:10:00.000Z 2027-10-31T01:50:00.000Z',
    ]);
  });

  it('on days of the week: those of its zone, not of UTC', () => {
    expect(soonest(weekly('01:00', '02:00', 'Asia/Kathmandu', ['mon']), '2027-01-10T00:00:00Z')).to.deep.equal([
      '2027-01-10T19:15:00.000Z 2027-01-10T20:15:00.000Z',
    ]);
  });

  it('by cron expression: last their seconds from each tick, and one that lasts still is told', () => {
    const calendar: WindowCalendar = { kind: 'cron', expression: '0 3 * * sun', durationSeconds: 7_200, timeZone: 'Europe/Berlin' };
    expect(soonest(calendar, '2027-03-28T01:30:00Z', 2)).to.deep.equal([
      '2027-03-28T01:00:00.000Z 2027-03-28T03:00:00.000Z',
      '2027-04-04T01:00:00.000Z 2027-04-04T03:00:00.000Z',
    ]);
  });
});
