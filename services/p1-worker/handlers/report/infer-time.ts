import { marksMissing, matches, whole } from './cell-patterns.ts';
import type { Finding, TextColumn } from './infer-number.ts';

/** One way to write dates or times. */
interface TimeFormat {
  readonly pattern: string;
  readonly storage: 'DATE' | 'TIMESTAMP' | 'TIME';
  /** SQL that reads the text `t`, NULL where it is none. */
  readonly read: (t: string) => string;
  /** Every text has an offset; the result is UTC. */
  readonly isZoned?: true;
  /** Reads day and month in this order, where the same text may mean the other. */
  readonly order?: 'day first' | 'month first';
}

const DAY = '[0-9]{1,2}';
const YEAR = '[0-9]{4}';
const MONTH_NAME = '[A-Za-z]{3,9}';
const CLOCK = '[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\\.[0-9]{1,9})?)?';
const OFFSET = '(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)';
const SPACED_OFFSET = ' (?:UTC|Z|[+-][0-9]{2}(?::?[0-9]{2})?)';
const ISO_DATE = `${YEAR}[-/]${DAY}[-/]${DAY}`;

const ISO: readonly TimeFormat[] = [
  { pattern: ISO_DATE, storage: 'DATE', read: (t) => `TRY_CAST(${t} AS DATE)` },
  { pattern: `${ISO_DATE}(?:[T ]${CLOCK})?`, storage: 'TIMESTAMP', read: (t) => `TRY_CAST(${t} AS TIMESTAMP)` },
  {
    pattern: `${ISO_DATE}[T ]${CLOCK}${OFFSET}`,
    storage: 'TIMESTAMP',
    // A cast to TIMESTAMP would ignore the offset.
    read: (t) => `timezone('UTC', TRY_CAST(${t} AS TIMESTAMPTZ))`,
    isZoned: true,
  },
  {
    pattern: `${ISO_DATE}[T ]${CLOCK}${SPACED_OFFSET}`,
    storage: 'TIMESTAMP',
    read: (t) => `timezone('UTC', TRY_CAST(replace(replace(replace(${t}, ' UTC', 'Z'), ' +', '+'), ' -', '-') AS TIMESTAMPTZ))`,
    isZoned: true,
  },
  { pattern: '[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\\.[0-9]{1,6})?)?', storage: 'TIME', read: (t) => `TRY_CAST(${t} AS TIME)` },
];

const DATES: readonly { readonly pattern: string; readonly format: string; readonly order?: 'day first' | 'month first' }[] = [
  { pattern: `${DAY}\\.${DAY}\\.${YEAR}`, format: '%d.%m.%Y' },
  { pattern: `${DAY}\\.${DAY}\\.[0-9]{2}`, format: '%d.%m.%y' },
  { pattern: `${YEAR}\\.${DAY}\\.${DAY}`, format: '%Y.%m.%d' },
  { pattern: `${DAY}/${DAY}/${YEAR}`, format: '%d/%m/%Y', order: 'day first' },
  { pattern: `${DAY}/${DAY}/${YEAR}`, format: '%m/%d/%Y', order: 'month first' },
  { pattern: `${DAY}/${DAY}/[0-9]{2}`, format: '%d/%m/%y', order: 'day first' },
  { pattern: `${DAY}/${DAY}/[0-9]{2}`, format: '%m/%d/%y', order: 'month first' },
  { pattern: `${DAY}-${DAY}-${YEAR}`, format: '%d-%m-%Y', order: 'day first' },
  { pattern: `${DAY}-${DAY}-${YEAR}`, format: '%m-%d-%Y', order: 'month first' },
  { pattern: `${MONTH_NAME} ${DAY},? ${YEAR}`, format: '%b %d %Y' },
  { pattern: `${MONTH_NAME} ${DAY},? ${YEAR}`, format: '%b %d, %Y' },
  { pattern: `${MONTH_NAME} ${DAY},? ${YEAR}`, format: '%B %d %Y' },
  { pattern: `${MONTH_NAME} ${DAY},? ${YEAR}`, format: '%B %d, %Y' },
  { pattern: `${DAY} ${MONTH_NAME} ${YEAR}`, format: '%d %b %Y' },
  { pattern: `${DAY} ${MONTH_NAME} ${YEAR}`, format: '%d %B %Y' },
  { pattern: `${DAY}-${MONTH_NAME}-${YEAR}`, format: '%d-%b-%Y' },
  { pattern: `${DAY}-${MONTH_NAME}-[0-9]{2}`, format: '%d-%b-%y' },
];

const CLOCKS: readonly { readonly pattern: string; readonly format: string }[] = [
  { pattern: '', format: '' },
  { pattern: ' [0-9]{1,2}:[0-9]{2}', format: ' %H:%M' },
  { pattern: ' [0-9]{1,2}:[0-9]{2}:[0-9]{2}', format: ' %H:%M:%S' },
  { pattern: ' [0-9]{1,2}:[0-9]{2} [AaPp][Mm]', format: ' %I:%M %p' },
  { pattern: ' [0-9]{1,2}:[0-9]{2}:[0-9]{2} [AaPp][Mm]', format: ' %I:%M:%S %p' },
];

const NAMED: readonly TimeFormat[] = CLOCKS.flatMap((clock) =>
  DATES.map(({ pattern, format, order }) => {
    const parsed = (t: string) => `try_strptime(${t}, '${format}${clock.format}')`;
    return {
      pattern: `${pattern}${clock.pattern}`,
      storage: clock.format === '' ? ('DATE' as const) : ('TIMESTAMP' as const),
      read: clock.format === '' ? (t: string) => `CAST(${parsed(t)} AS DATE)` : parsed,
      ...(order && { order }),
    };
  }),
);

const ALL = [...ISO, ...NAMED];
const padded = (pattern: string) => `\\s*(?:${pattern})\\s*`;

/**
 * Reads a column as dates, timestamps or times if every cell is one in the same way of writing. `03/04/2020` counts only
 * where the column shows whether day or month comes first. Timestamps with an offset are turned into UTC; such with and
 * without one are not mixed.
 * @param sample Some of the column's texts without marks for missing values; they only rule out.
 */
export async function inferTime(column: TextColumn, sample: readonly string[]): Promise<Finding> {
  if (sample.length === 0) return { why: undefined };
  const possible = ALL.filter(({ pattern }) => sample.every((text) => whole(padded(pattern)).test(text)));
  const fitting: { format: TimeFormat; missing: number }[] = [];
  for (const format of possible) {
    const missing = await missingWith(column, format);
    if (missing === undefined) continue;
    fitting.push({ format, missing });
    if (!format.order) break;
  }
  const best = fitting[0];
  if (!best) return { why: sample.every((text) => EITHER.test(text)) ? 'timestamps with and without an offset' : undefined };
  const { storage, read, order, isZoned = false } = best.format;
  if (order && fitting.some(({ format }) => format.order !== order)) return { why: 'dates whose day and month cannot be told apart' };
  const type = storage === 'DATE' ? 'date' : storage === 'TIME' ? 'time' : 'timestamp';
  return { reading: { type, storage, sql: read(column.sql), isZoned }, missing: best.missing };
}

const EITHER = whole(padded(`${ISO_DATE}(?:[T ]${CLOCK}(?:${OFFSET})?)`));

/** How many cells are marks for missing values, if all others are written in this way. */
async function missingWith({ database, relation, sql }: TextColumn, format: TimeFormat): Promise<number | undefined> {
  const isOne = `${matches('t', padded(format.pattern))} AND ${format.read('t')} IS NOT NULL`;
  const counts = await database.row(
    `SELECT count(t), count_if(${isOne}), count_if(${marksMissing('t')}) FROM (SELECT ${sql} AS t FROM ${relation})`,
  );
  const [present, fitting, missing] = counts.map(Number) as [number, number, number];
  return fitting > 0 && fitting + missing === present ? missing : undefined;
}
