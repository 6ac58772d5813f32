import type { ColumnBasics } from './column-basics.ts';
import type { Database } from './database.ts';
import { orderStatistics } from './order-statistics.ts';
import type { TypedColumn } from './typed-column.ts';

/** Mean, spread and quartiles of the column in table `vals`. */
export interface NumberFigures {
  readonly mean: number | null;
  readonly stddev: number | null;
  readonly quartiles: { readonly p25: number; readonly p50: number; readonly p75: number };
}

type Basics = Pick<ColumnBasics, 'count' | 'distinct' | 'low' | 'high' | 'sum'>;

/** A sum below this size cannot overflow a HUGEINT. */
const SAFE_SUM = 1e38;
/** Beyond this ratio of the sizes' sum to the sum too many of the 15 digits of a double have cancelled. */
const CANCELS = 1e5;
const finite = (value: number) => (Number.isFinite(value) ? value : null);

/** @param basics At least one value that is not missing. */
export async function numberFigures(database: Database, column: TypedColumn, basics: Basics): Promise<NumberFigures> {
  const { count } = basics;
  const center = await centerOf(database, column, basics);
  return {
    mean: finite(Number(center.whole) + center.rest),
    stddev: count > 1 ? finite(await stddevOf(database, center, count)) : null,
    quartiles: await quartilesOf(database, basics),
  };
}

/** The mean as a whole number and the rest: for integers the difference to the whole is exact, however large they are. */
interface Center {
  readonly whole: bigint;
  readonly rest: number;
}

async function centerOf(database: Database, { storage }: TypedColumn, basics: Basics): Promise<Center> {
  const { count } = basics;
  const total = basics.sum ?? (storage === 'HUGEINT' ? await sumOfHuge(database, basics) : undefined);
  if (total !== undefined) {
    const whole = total / BigInt(count);
    return { whole, rest: Number(total - whole * BigInt(count)) / count };
  }
  return { whole: 0n, rest: (await sumOfDoubles(database)) / count };
}

/**
 * Kahan's summation: a plain sum of doubles loses digits over millions of rows. Where large values cancel, it too keeps the digits
 * of the small ones only when these come last: then the values are put in order, which costs a sort.
 */
async function sumOfDoubles(database: Database): Promise<number> {
  const values = '(SELECT v::DOUBLE * n AS x FROM vals WHERE v IS NOT NULL)';
  const [sum, size] = await database.row(`SELECT fsum(x), fsum(abs(x)) FROM ${values}`);
  if (Math.abs(Number(sum)) * CANCELS > Number(size)) return Number(sum);
  const [ordered] = await database.row(`SELECT fsum(x ORDER BY abs(x) DESC) FROM ${values}`);
  return Number(ordered);
}

async function sumOfHuge(database: Database, { count, low, high }: Basics): Promise<bigint | undefined> {
  if (Math.max(Math.abs(low), Math.abs(high)) * count >= SAFE_SUM) return undefined;
  const [sum] = await database.row('SELECT sum(v * n) FROM vals WHERE v IS NOT NULL');
  return sum as bigint;
}

/**
 * Sample standard deviation in two passes with the correction of Chan, Golub and LeVeque (1983): the one-pass formula loses
 * all digits for values far from zero.
 */
async function stddevOf(database: Database, { whole, rest }: Center, count: number): Promise<number> {
  const moved = whole === 0n ? 'v::DOUBLE' : `(v::HUGEINT - (${whole})::HUGEINT)::DOUBLE`;
  const [squares, sum] = await database.row(
    `SELECT fsum(n * d * d), fsum(n * d) FROM (SELECT n, ${moved} - $1::DOUBLE AS d FROM vals WHERE v IS NOT NULL)`,
    [String(rest)],
  );
  const variance = (Number(squares) - Number(sum) ** 2 / count) / (count - 1);
  return Math.sqrt(Math.max(variance, 0));
}

const QUARTERS = [0.25, 0.5, 0.75] as const;

/** Quartiles by linear interpolation between order statistics (Hyndman and Fan 1996, definition 7; the default of R and NumPy). */
async function quartilesOf(database: Database, { count, low, high, distinct }: Basics): Promise<NumberFigures['quartiles']> {
  const places = QUARTERS.map((share) => (count - 1) * share);
  const ranks = places.flatMap((place) => [Math.floor(place), Math.ceil(place)]);
  const values = await orderStatistics(database, ranks, { low, high, distinct, below: 0 });
  const [p25, p50, p75] = places.map((place) => between(values.get(Math.floor(place))!, values.get(Math.ceil(place))!, place % 1));
  return { p25: p25!, p50: p50!, p75: p75! };
}

function between(low: number, high: number, share: number): number {
  return share === 0 ? low : low + (high - low) * share;
}
