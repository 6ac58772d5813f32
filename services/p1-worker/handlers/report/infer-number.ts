import { COMMA_DECIMAL, DECIMAL, INTEGER, marksMissing, matches, whole } from './cell-patterns.ts';
import type { Database } from './database.ts';
import type { Reading } from './typed-column.ts';

/** What inference found: a reading and how many cells were marks for missing values, or why the column stays text. */
export type Finding = { readonly reading: Reading; readonly missing: number } | { readonly why: string | undefined };

/** The texts of one column. */
export interface TextColumn {
  readonly database: Database;
  readonly relation: string;
  /** Expression that gives the text. */
  readonly sql: string;
  /** The file's delimiter, if it has one. */
  readonly delimiter: string | null;
}

/** Digits that a double always keeps. */
const EXACT_LENGTH = 16;
const MAX_DIGITS = 38;
/** Texts that are not longer than this cannot be beyond a double's range without an exponent. */
const LONGEST_DOUBLE = 300;

/**
 * Reads a column as integers or decimals if every cell is one. Integers become BIGINT, or HUGEINT up to 38 digits. Decimals
 * become doubles, unless one would lose digits: then exact decimals of up to 38 digits.
 * @param sample Some of the column's texts without marks for missing values; they only rule out.
 */
export async function inferNumber(column: TextColumn, sample: readonly string[]): Promise<Finding> {
  if (sample.every((text) => whole(DECIMAL).test(text)))
    return await plainNumber(
      column,
      sample.every((text) => whole(INTEGER).test(text)),
    );
  const isComma =
    column.delimiter !== ',' && sample.every((text) => whole(COMMA_DECIMAL).test(text)) && sample.some((text) => text.includes(','));
  return isComma ? await commaNumber(column) : { why: mixed(sample) };
}

/** Tells a column of numbers with some other texts from one of texts; codes with leading zeros are no numbers at all. */
function mixed(sample: readonly string[]): string | undefined {
  const others = sample.filter((text) => !whole(DECIMAL).test(text));
  const isMostlyNumbers = others.length * 2 < sample.length && !others.some((text) => /^\s*\d+\s*$/.test(text));
  return isMostlyNumbers ? `numbers and other texts, such as ${JSON.stringify(others[0]?.slice(0, 40))}` : undefined;
}

async function plainNumber({ database, relation, sql }: TextColumn, maybeIntegers: boolean): Promise<Finding> {
  const isInteger = maybeIntegers ? matches('t', INTEGER) : 'false';
  const counts = await database.row(
    `SELECT count(t), count_if(${isInteger}), count_if(${matches('t', DECIMAL)}), count_if(starts_with(ltrim(t), '+')),
       count_if(${isInteger} AND TRY_CAST(t AS BIGINT) IS NULL), count_if(${isInteger} AND TRY_CAST(t AS HUGEINT) IS NULL),
       max(length(t)), count_if(contains(t, 'e') OR contains(t, 'E'))
     FROM (SELECT ${sql} AS t FROM ${relation})`,
  );
  const [present, integers, decimals, signed, beyondBigint, beyondHugeint, longest, exponents] = counts.map(Number) as Counts;
  const missing = decimals < present ? await countMissing(database, relation, sql) : 0;
  if (decimals + missing < present) return { why: await firstOther(database, relation, sql) };
  // A plus sign on every cell is how telephone numbers are written.
  if (decimals === 0 || signed === present) return { why: undefined };
  if (integers === decimals) {
    if (beyondHugeint > 0) return { why: `integers of more than ${MAX_DIGITS} digits` };
    const storage = beyondBigint > 0 ? 'HUGEINT' : 'BIGINT';
    return found('integer', storage, `TRY_CAST(${sql} AS ${storage})`, missing);
  }
  const exact = longest > EXACT_LENGTH && exponents === 0 ? await exactDecimal(database, relation, sql) : undefined;
  if (exact) return found('decimal', 'DECIMAL', `TRY_CAST(${sql} AS ${exact})`, missing);
  if ((exponents > 0 || longest > LONGEST_DOUBLE) && (await hasInfinite(database, relation, sql)))
    return { why: 'numbers beyond the range of a double' };
  const isPlain = exponents === 0 && missing === 0;
  return found('decimal', 'DOUBLE', isPlain ? `TRY_CAST(${sql} AS DOUBLE)` : finiteDouble(sql), missing);
}

function found(type: Reading['type'], storage: Reading['storage'], sql: string, missing: number): Finding {
  return { reading: { type, storage, sql, isZoned: false }, missing };
}

type Counts = [number, number, number, number, number, number, number, number];

/** The words inf and nan are marks for missing values. */
function finiteDouble(sql: string): string {
  return `CASE WHEN isfinite(TRY_CAST(${sql} AS DOUBLE)) THEN TRY_CAST(${sql} AS DOUBLE) END`;
}

async function hasInfinite(database: Database, relation: string, sql: string): Promise<boolean> {
  const [count] = await database.row(
    `SELECT count(*) FROM (SELECT ${sql} AS t FROM ${relation}) WHERE ${matches('t', DECIMAL)} AND NOT isfinite(TRY_CAST(t AS DOUBLE))`,
  );
  return count !== 0n;
}

async function countMissing(database: Database, relation: string, sql: string): Promise<number> {
  const [count] = await database.row(`SELECT count_if(${marksMissing('t')}) FROM (SELECT ${sql} AS t FROM ${relation})`);
  return Number(count);
}

async function firstOther(database: Database, relation: string, sql: string): Promise<string | undefined> {
  const [other] = await database.rows(
    `SELECT left(t, 40) FROM (SELECT ${sql} AS t FROM ${relation}) WHERE NOT ${matches('t', DECIMAL)} AND NOT (${marksMissing('t')}) LIMIT 1`,
  );
  return other ? `numbers and other texts, such as ${JSON.stringify(other[0])}` : undefined;
}

/**
 * The type that keeps all digits, when a double would lose some and 38 digits are enough. Most doubles are written in their
 * shortest form: only texts that differ from it need a closer look.
 */
async function exactDecimal(database: Database, relation: string, sql: string): Promise<string | undefined> {
  const numbers = `SELECT trim(t) AS t FROM (SELECT ${sql} AS t FROM ${relation}) WHERE ${matches('t', DECIMAL)}`;
  const unusual = `SELECT t FROM (${numbers}) WHERE length(t) > ${EXACT_LENGTH} AND t <> TRY_CAST(t AS DOUBLE)::VARCHAR`;
  const narrow = await decimalType(database, unusual);
  if (narrow === undefined) return undefined;
  const asRead = `TRY_CAST(t AS ${narrow})`;
  const [lossy] = await database.row(
    `SELECT count_if(${asRead} IS DISTINCT FROM TRY_CAST(TRY_CAST(t AS DOUBLE)::VARCHAR AS ${narrow})) FROM (${unusual})`,
  );
  return lossy === 0n ? undefined : await decimalType(database, numbers);
}

/** The decimal type that holds all of these texts; undefined without texts, and beyond 38 digits. */
async function decimalType(database: Database, texts: string): Promise<string | undefined> {
  const [whole, fraction] = await database.row(
    `SELECT max(length(regexp_extract(t, '^[+-]?([0-9]*)', 1))), max(length(regexp_extract(t, '\\.([0-9]*)', 1))) FROM (${texts})`,
  );
  if (whole === null || whole === undefined) return undefined;
  const scale = Number(fraction);
  return Number(whole) + scale > MAX_DIGITS ? undefined : `DECIMAL(${MAX_DIGITS}, ${scale})`;
}

/** `3,14` in a file that does not use the comma otherwise; `1,234` throughout could be either and stays text. */
async function commaNumber({ database, relation, sql }: TextColumn): Promise<Finding> {
  const counts = await database.row(
    `SELECT count(t), count_if(${matches('t', COMMA_DECIMAL)}), count_if(${marksMissing('t')}),
       count_if(contains(t, ',') AND NOT regexp_matches(t, '^[^.]*,[0-9]{3}\\s*$'))
     FROM (SELECT ${sql} AS t FROM ${relation})`,
  );
  const [present, numbers, missing, clear] = counts.map(Number) as [number, number, number, number];
  if (numbers + missing < present) return { why: undefined };
  if (clear === 0) return { why: 'numbers like 1,234, whose comma may stand for thousands or decimals' };
  const number = finiteDouble(`replace(replace(${sql}, '.', ''), ',', '.')`);
  return found('decimal', 'DOUBLE', number, missing);
}
