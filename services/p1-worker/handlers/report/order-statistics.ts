import { toCount } from './cells.ts';
import type { Database } from './database.ts';

/** Distinct values that are ordered at once; a window over ten times as many takes hundreds of MiB (measured). */
const ORDERED_AT_ONCE = 2_000_000;
const BINS = 1_024;

/** A range of values in the table `vals`, both ends included. */
interface Slice {
  readonly low: number;
  readonly high: number;
  readonly distinct: number;
  /** Rows with values below the slice. */
  readonly below: number;
}

/**
 * The values of the given ranks, from 0, among all rows of the numeric column in table `vals`. Where there are too many
 * distinct values to order, equal bins show between which bounds a rank lies, and only those values are looked at again.
 */
export async function orderStatistics(database: Database, ranks: readonly number[], slice: Slice): Promise<Map<number, number>> {
  const wanted = [...new Set(ranks)];
  if (slice.low === slice.high) return new Map(wanted.map((rank) => [rank, slice.low]));
  const width = (slice.high - slice.low) / BINS;
  if (slice.distinct <= ORDERED_AT_ONCE || width === 0 || !Number.isFinite(width)) return await ordered(database, wanted, slice);
  const found = new Map<number, number>();
  for (const { part, ranks: inside } of await slicesOf(database, wanted, slice, width)) {
    for (const [rank, value] of await orderStatistics(database, inside, part)) found.set(rank, value);
  }
  return found;
}

async function ordered(database: Database, ranks: readonly number[], { low, high, below }: Slice): Promise<Map<number, number>> {
  const values = ranks.map((rank) => `min(v) FILTER (upto > ${rank - below})`).join(', ');
  const row = await database.row(
    `SELECT ${values} FROM (
       SELECT v::DOUBLE AS v, sum(n) OVER (ORDER BY v ROWS UNBOUNDED PRECEDING) AS upto FROM vals WHERE v::DOUBLE BETWEEN ${low}::DOUBLE AND ${high}::DOUBLE
     )`,
  );
  return new Map(ranks.map((rank, index) => [rank, Number(row[index])]));
}

/** The bins that hold a wanted rank. */
async function slicesOf(
  database: Database,
  ranks: readonly number[],
  slice: Slice,
  width: number,
): Promise<{ part: Slice; ranks: number[] }[]> {
  const { low, high } = slice;
  const rows = await database.rows(
    `SELECT least(floor((v::DOUBLE - ${low}::DOUBLE) / ${width}::DOUBLE), ${BINS - 1}) AS bin, sum(n), count(*), min(v::DOUBLE), max(v::DOUBLE)
     FROM vals WHERE v::DOUBLE BETWEEN ${low}::DOUBLE AND ${high}::DOUBLE GROUP BY bin ORDER BY bin`,
  );
  const parts: { part: Slice; ranks: number[] }[] = [];
  let below = slice.below;
  for (const [, n, distinct, min, max] of rows) {
    const end = below + toCount(n);
    const inside = ranks.filter((rank) => rank >= below && rank < end);
    if (inside.length > 0) parts.push({ part: { low: Number(min), high: Number(max), distinct: toCount(distinct), below }, ranks: inside });
    below = end;
  }
  return parts;
}
