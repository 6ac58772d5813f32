import { momentOf } from '../wording/moment.ts';

const DAY_MS = 86_400_000;
/** Day 0 of the 1900 date system for days after its 29 February 1900, which never was. */
const EPOCH = Date.UTC(1899, 11, 30);
const FIRST = Date.UTC(1900, 2, 1);
const LAST = Date.UTC(9999, 11, 31) + DAY_MS;
const TIME = /^(\d{2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?$/;
const ZONE = /[+-]\d{2}(?::?\d{2})?$/;

/**
 * Serial number of a date or timestamp in a spreadsheet; undefined for what it cannot hold: days before 1 March 1900, texts
 * that are not ISO 8601, and moments with an offset from UTC, which would lose it.
 */
export function excelSerial(iso: string): number | undefined {
  const moment = ZONE.test(iso.slice(10)) ? undefined : momentOf(iso);
  return moment === undefined || moment < FIRST || moment >= LAST ? undefined : (moment - EPOCH) / DAY_MS;
}

/** Fraction of a day of a time; undefined for texts that are not one. */
export function excelTime(text: string): number | undefined {
  const parts = TIME.exec(text);
  if (!parts) return undefined;
  const [, hours, minutes, seconds = '0'] = parts;
  const total = Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds);
  return total < 86_400 ? total / 86_400 : undefined;
}
