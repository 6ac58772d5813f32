import type { Cell } from '../../../../shared/domain/report-profile.ts';
import { cutSql, toCell, toCount } from './cells.ts';
import type { Database } from './database.ts';
import { isNumeric, type TypedColumn } from './typed-column.ts';

/** Counts and range of the column in table `vals`. */
export interface ColumnBasics {
  readonly count: number;
  readonly nulls: number;
  readonly distinct: number;
  readonly min: Cell;
  readonly max: Cell;
  /** The range as numbers: the values, or milliseconds since 1970 for dates and timestamps; NaN for other types. */
  readonly low: number;
  readonly high: number;
  /** Exact sum of a BIGINT column. */
  readonly sum: bigint | undefined;
}

/** Reads them in one query: with hundreds of columns the number of queries is what costs. */
export async function columnBasics(database: Database, column: TypedColumn): Promise<ColumnBasics> {
  const isOrdered = column.type !== 'nested';
  const shown = (value: string) => (isOrdered ? cutSql(value, column) : 'NULL');
  const sum = column.storage === 'BIGINT' ? 'sum(v::HUGEINT * n)' : 'NULL';
  const row = await database.row(
    `SELECT sum(n) FILTER (v IS NOT NULL), sum(n) FILTER (v IS NULL), count(v), ${shown('min(v)')}, ${shown('max(v)')},
       ${rangeSql('min(v)', column)}, ${rangeSql('max(v)', column)}, ${sum}
     FROM vals`,
  );
  const [count, nulls, distinct, min, max, low, high, total] = row;
  return {
    count: toCount(count),
    nulls: toCount(nulls),
    distinct: toCount(distinct),
    min: toCell(min, column.storage),
    max: toCell(max, column.storage),
    low: low === null ? Number.NaN : Number(low),
    high: high === null ? Number.NaN : Number(high),
    sum: typeof total === 'bigint' ? total : undefined,
  };
}

function rangeSql(value: string, column: TypedColumn): string {
  if (isNumeric(column)) return `${value}::DOUBLE`;
  return column.type === 'date' || column.type === 'timestamp' ? `epoch_ms(${value}::TIMESTAMP)` : 'NULL';
}
