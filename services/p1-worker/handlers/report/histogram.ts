import type { HistogramBin } from '../../../../shared/domain/report-profile.ts';
import { calendarEdges } from './calendar-edges.ts';
import { toCount } from './cells.ts';
import type { ColumnBasics } from './column-basics.ts';
import type { Database } from './database.ts';
import { isNumeric, type TypedColumn } from './typed-column.ts';

/** Bins of a histogram at most. */
export const MAX_BINS = 20;

/**
 * Bins of the column in table `vals`, with round bounds; null for columns that are neither numbers nor dates. The bounds are
 * given to the database as they are shown, so that counts and bounds agree to the last bit.
 */
export async function binsOf(
  database: Database,
  column: TypedColumn,
  { low, high, distinct }: Pick<ColumnBasics, 'low' | 'high' | 'distinct'>,
): Promise<HistogramBin[] | null> {
  if (distinct === 0) return null;
  if (isNumeric(column)) {
    const edges = numberEdges(low, high, column.type === 'integer');
    return await countBins(database, edges, 'v::DOUBLE', (edge) => `${edge}::DOUBLE`);
  }
  if (column.type !== 'date' && column.type !== 'timestamp') return null;
  const edges = calendarEdges(low, high, column.type === 'date');
  if (!edges) return null;
  const bins = await countBins(database, edges, 'v::TIMESTAMP', (edge) => `TIMESTAMP '${edge}'`);
  return column.isZoned ? bins.map((bin) => ({ ...bin, lower: `${bin.lower}Z`, upper: `${bin.upper}Z` })) : bins;
}

/** Counts the values between each two neighbouring bounds; the last bin has its upper bound too. */
async function countBins<T extends number | string>(
  database: Database,
  edges: readonly T[],
  value: string,
  literal: (edge: T) => string,
): Promise<HistogramBin[]> {
  const inner = edges.slice(1, -1);
  const place = inner.map((edge, index) => `WHEN ${value} < ${literal(edge)} THEN ${index}`).join(' ');
  const last = edges.length - 2;
  const rows = await database.rows(
    `SELECT CASE ${place} ${inner.length === 0 ? 'WHEN true THEN 0' : ''} ELSE ${last} END AS bin, sum(n) FROM vals WHERE v IS NOT NULL GROUP BY 1`,
  );
  const counts = new Map(rows.map(([bin, n]) => [toCount(bin), toCount(n)]));
  return edges.slice(0, -1).map((lower, index) => ({ lower, upper: edges[index + 1]!, count: counts.get(index) ?? 0 }));
}

/** Bounds of at most 20 bins over min..max, at multiples of 1, 2, 2.5 or 5 times a power of ten; whole ones for integers. */
export function numberEdges(min: number, max: number, isInteger: boolean): number[] {
  if (min === max) return [min, max];
  const even = Array.from({ length: MAX_BINS + 1 }, (_, index) => (index === MAX_BINS ? max : min + (max - min) * (index / MAX_BINS)));
  if (!Number.isFinite(max - min)) return [min, 0, max];
  for (const step of niceSteps((max - min) / MAX_BINS, isInteger)) {
    const first = Math.floor(min / step);
    const bins = Math.floor(max / step) - first + (isInteger && step === 1 ? 1 : max > Math.floor(max / step) * step ? 1 : 0);
    if (bins > MAX_BINS) continue;
    const edges = Array.from({ length: Math.max(bins, 1) + 1 }, (_, index) => Number(((first + index) * step).toPrecision(15)));
    return covers(edges, min, max) ? edges : isStrict(even) ? even : [min, max];
  }
  return isStrict(even) ? even : [min, max];
}

/** Round steps from the one next to `least` upwards, three decades. */
function niceSteps(least: number, isInteger: boolean): number[] {
  const power = Math.floor(Math.log10(least));
  const decades = [power, power + 1, power + 2];
  const steps = decades.flatMap((exponent) => [1, 2, 2.5, 5].map((factor) => Number(`${factor}e${exponent}`)));
  return steps
    .filter((step) => step >= least * 0.999 && (!isInteger || Number.isInteger(step)))
    .concat(isInteger && least < 1 ? [1] : [])
    .sort((a, b) => a - b);
}

const isStrict = (edges: readonly number[]) => edges.every((edge, index) => index === 0 || edge > edges[index - 1]!);
const covers = (edges: readonly number[], min: number, max: number) => isStrict(edges) && edges[0]! <= min && edges.at(-1)! >= max;
