import { expect } from 'chai';
import { cronerCalendar } from '../../../../shared/cron/croner-calendar.ts';
import { ticksBetween } from '../../../../shared/domain/schedule/tick-source.ts';
import { oracleTicks } from '../../../support/schedules/tick-oracle.ts';

const ZONES = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'UTC'] as const;
/** Fixed hours in and around every change of the clocks, wildcard hours, dates, weekdays, both, names and seconds. */
const EXPRESSIONS = [
  '30 2 * * *',
  '0,30 2 * * *',
  '15,45 1 * * *',
  '0 2,3 * * *',
  '15 1-3 * * *',
  '30 0 2 * * *',
  '0 0 * * *',
  '*/20 2 * * *',
  '0 */6 * * *',
  '10 */2 * * *',
  '0 * * * sun',
  '0 9 * * mon-fri',
  '0 12 1 * *',
  '0 3 L * *',
  '0 4 13 * 5',
  '30 2 29 2 *',
  '45 1 * mar,apr,oct,nov 0',
  '0 6 */10 * *',
  '20 5 2-20/6 jun-dec *',
  '59 23 31 12 *',
];
const FROM = new Date('2025-12-31T23:59:59Z');
const UNTIL = new Date('2030-12-31T23:59:59Z');
/** The days around changes of the clocks in 2027, where each quarter of an hour is looked at. */
const DENSE = ['*/15 * * * *', '*/5 1-3 * * *', '0 */10 2 * * *', '7-59/13 */3 * * *'];

const ticksOf = (expression: string, timeZone: string, from: Date, until: Date) =>
  ticksBetween(cronerCalendar.ticksOf({ kind: 'cron', expression, timeZone }), from, until, 1_000_000);
const iso = (dates: readonly Date[]) => dates.map((date) => date.toISOString());

describe('cron expressions', function () {
  this.timeout(120_000);

  for (const zone of ZONES) {
    it(`in ${zone}, tick from 2026 to 2030 when an oracle built on zoneinfo says, none missing, none twice`, async () => {
      const cases = EXPRESSIONS.map((expression) => ({ expression, zone, from: FROM, until: UNTIL }));
      const expected = await oracleTicks(cases);
      for (const [index, { expression }] of cases.entries()) {
        expect(iso(ticksOf(expression, zone, FROM, UNTIL)), expression).to.deep.equal(iso(expected[index]!));
      }
    });
  }

  it('close to changes of the clocks, tick when the oracle says, wherever one begins to look', async () => {
    const days = ['2027-03-14', '2027-03-28', '2027-04-03', '2027-10-02', '2027-10-31', '2027-11-07'];
    const cases = ZONES.flatMap((zone) =>
      days.flatMap((day) =>
        DENSE.map((expression) => {
          const middle = new Date(`${day}T12:00:00Z`).getTime();
          return { expression, zone, from: new Date(middle - 36 * 3_600_000), until: new Date(middle + 36 * 3_600_000) };
        }),
      ),
    );
    const expected = await oracleTicks(cases);
    for (const [index, { expression, zone, from, until }] of cases.entries()) {
      const all = expected[index]!;
      expect(iso(ticksOf(expression, zone, from, until)), `${expression} ${zone}`).to.deep.equal(iso(all));
      const source = cronerCalendar.ticksOf({ kind: 'cron', expression, timeZone: zone });
      for (let at = from.getTime(); at < until.getTime() - 3_600_000; at += 1_260_000) {
        const next = all.find((tick) => tick.getTime() > at);
        if (next)
          expect(source.after(new Date(at))?.toISOString(), `${expression} ${zone} after ${new Date(at).toISOString()}`).to.equal(
            next.toISOString(),
          );
      }
    }
  });

  for (const [expression, problem] of [
    ['* * * *', 'has 4 fields'],
    ['@daily x x x x', 'has "@daily"'],
    ['61 * * * *', 'cannot be read'],
    ['0 0 30 2 *', 'would never tick'],
    ['0 0 * * L', 'outside the day of the month'],
    ['0 0 ? * 1#2', 'has "?"'],
  ] as const) {
    it(`${expression}, is refused: ${problem}`, () => expect(cronerCalendar.problemOf(expression)).to.include(problem));
  }

  it('a timing, is told in words', () => {
    expect(cronerCalendar.wordsOf({ kind: 'cron', expression: '0 6 * * 1-5', timeZone: 'Europe/Berlin' })).to.equal(
      'At 06:00, Monday through Friday, in Europe/Berlin',
    );
    const anchorAt = new Date('2026-01-01T00:00:00Z');
    expect(cronerCalendar.wordsOf({ kind: 'interval', everySeconds: 900, anchorAt, timeZone: 'UTC' })).to.equal(
      'Every 15 minutes, counted from 2026-01-01T00:00:00.000Z',
    );
  });
});
