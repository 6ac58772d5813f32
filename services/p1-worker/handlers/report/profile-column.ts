import type { Cell, ColumnProfile } from '../../../../shared/domain/report-profile.ts';
import { cutSql, toCell, toCount } from './cells.ts';
import { columnBasics } from './column-basics.ts';
import { countValues } from './count-values.ts';
import type { Database } from './database.ts';
import type { Relation } from './dataset.ts';
import { binsOf } from './histogram.ts';
import { numberFigures } from './number-figures.ts';
import { isNumeric, type TypedColumn } from './typed-column.ts';

const TOP = 10;

/** A file whose columns do not have the rows that it says it has: possible only where it is read without a copy (Parquet). */
export class LyingFileError extends Error {}

/**
 * Profiles one column. Its distinct values with their counts are put into the table `vals` first (that aggregation goes to
 * disk when it must), and all figures come from there: exact, and in the memory of one column.
 * @throws LyingFileError when it has more or fewer rows than the relation.
 */
export async function profileColumn(database: Database, relation: Relation, column: TypedColumn): Promise<ColumnProfile> {
  await countValues(database, relation, column);
  const { low, high, sum, ...shown } = await columnBasics(database, column);
  const { count, nulls, distinct } = shown;
  if (count + nulls !== relation.rows) throw new LyingFileError(`Column ${column.id} has ${count + nulls} of ${relation.rows} rows.`);
  const figures = isNumeric(column) && count > 0 ? await numberFigures(database, column, { count, distinct, low, high, sum }) : undefined;
  return {
    index: column.index,
    name: column.name,
    type: column.type,
    ...shown,
    mean: figures?.mean ?? null,
    stddev: figures?.stddev ?? null,
    quartiles: figures?.quartiles ?? null,
    top: await topValues(database, column),
    histogram: count > 0 ? await binsOf(database, column, { low, high, distinct }) : null,
    lengths: column.type === 'text' && count > 0 ? await textLengths(database, count) : null,
  };
}

async function topValues(database: Database, column: TypedColumn): Promise<{ value: Cell; count: number }[]> {
  const rows = await database.rows(
    `SELECT ${cutSql('v', column)}, n FROM (SELECT v, n FROM vals WHERE v IS NOT NULL ORDER BY n DESC, v ASC LIMIT ${TOP})`,
  );
  return rows.map(([value, n]) => ({ value: toCell(value, column.storage), count: toCount(n) }));
}

async function textLengths(database: Database, count: number): Promise<{ min: number; max: number; mean: number }> {
  const [min, max, total] = await database.row('SELECT min(length(v)), max(length(v)), sum(length(v) * n) FROM vals');
  return { min: toCount(min), max: toCount(max), mean: toCount(total) / count };
}
