import fc from 'fast-check';
import { type CalendarWindow, WEEKDAYS, type WindowCalendar } from '../../../shared/domain/windows/calendar-window.ts';
import type { OracleWindow } from './window-oracle.ts';

/** Zones whose clocks change in both halves of the year, by half an hour, at midnight, and never. */
export const ZONES = [
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'Africa/Cairo',
  'America/Santiago',
  'Pacific/Chatham',
  'UTC',
] as const;

/** Days on which, or next to which, some of these zones change their clocks in 2027. */
const CHANGES = [
  '2027-03-14',
  '2027-03-28',
  '2027-04-04',
  '2027-04-30',
  '2027-09-05',
  '2027-09-26',
  '2027-10-03',
  '2027-10-29',
  '2027-10-31',
  '2027-11-07',
];

/** A weekly window. */
export interface DrawnWindow extends OracleWindow {
  readonly calendar: WindowCalendar;
}

const two = (value: number) => String(value).padStart(2, '0');
const timeOf = (minute: number) => `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;

/** Any weekly window, often one that begins or ends in the hours in which clocks change. */
export const drawnWindow: fc.Arbitrary<DrawnWindow> = fc
  .record({
    timeZone: fc.constantFrom(...ZONES),
    weekdays: fc.oneof(fc.constant<number[]>([1, 2, 3, 4, 5, 6, 7]), fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 })),
    fromMinute: fc.oneof(fc.integer({ min: 0, max: 1_439 }), fc.integer({ min: 0, max: 240 })),
    untilMinute: fc.oneof(fc.integer({ min: 0, max: 1_440 }), fc.integer({ min: 0, max: 240 })),
  })
  .map(({ timeZone, weekdays, fromMinute, untilMinute }) => ({
    timeZone,
    weekdays,
    fromMinute,
    lastsMinutes: untilMinute > fromMinute ? untilMinute - fromMinute : untilMinute - fromMinute + 1_440,
    calendar: {
      kind: 'weekly',
      weekdays: weekdays.map((weekday) => WEEKDAYS[weekday - 1]!),
      from: timeOf(fromMinute),
      until: timeOf(untilMinute),
      timeZone,
    },
  }));

/** An instant within two days of a change of clocks. */
export const instantNearChange: fc.Arbitrary<Date> = fc
  .record({ day: fc.constantFrom(...CHANGES), minutes: fc.integer({ min: -2_880, max: 2_880 }) })
  .map(({ day, minutes }) => new Date(Date.parse(`${day}T00:00:00Z`) + minutes * 60_000));

const START = new Date('2026-01-01T00:00:00Z');

/** A window as it is stored. */
export function storedWindow(more: Partial<CalendarWindow> & Pick<CalendarWindow, 'calendar'>): CalendarWindow {
  const spec = { name: 'night', effect: 'off_peak', selector: {}, batch: 100, reason: 'r' } as const;
  return { ...spec, by: 'ops', createdAt: START, updatedAt: START, revision: 1, occurrences: [], skipped: [], ...more };
}
