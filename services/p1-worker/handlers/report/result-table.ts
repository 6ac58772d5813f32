import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import type { ReportOptions, ReportProfile, TableColumn } from '../../../../shared/domain/report-profile.ts';
import { shownSql, toCell } from './cells.ts';
import type { Database } from './database.ts';
import type { Relation } from './dataset.ts';
import { findColumn } from './find-column.ts';
import { WIDE_COLUMNS } from './limits.ts';
import type { TypedColumn } from './typed-column.ts';

/** A query that gives the rows of the table in order, cells ready for JSON. */
export interface TableQuery {
  readonly kind: ReportProfile['table']['kind'];
  readonly columns: readonly (TableColumn & Pick<TypedColumn, 'storage'>)[];
  readonly sql: string;
  /** Rows before the limit. */
  readonly totalRows: number;
}

/**
 * The first rows of the dataset in the asked order. The order is found on row numbers alone; equal rows keep the order of the
 * source.
 * @throws ReportRejection `unknown_column`.
 */
export async function rowsQuery(
  database: Database,
  relation: Relation,
  columns: readonly TypedColumn[],
  { sort, limit }: ReportOptions,
): Promise<TableQuery> {
  const cells = columns.map((column) => shownSql(`(${column.sql})`, column));
  const base = {
    kind: 'rows' as const,
    columns: columns.map(({ name, type, storage }) => ({ name, type, storage })),
    totalRows: relation.rows,
  };
  const order = sortTerms(sort, columns);
  if (order.length === 0) {
    const from = `${relation.name} LIMIT ${limit}`;
    const sql = relation.isView ? await inSlices(database, from, cells) : `SELECT ${cells.join(', ')} FROM ${from}`;
    return { ...base, sql };
  }
  await database.run(
    `CREATE TABLE picked AS SELECT ${relation.rowId} AS picked_row FROM ${relation.name}
     ORDER BY ${[...order, relation.rowId].join(', ')} LIMIT ${limit}`,
  );
  const from = `${relation.name} JOIN picked ON ${relation.name}.${relation.rowId} = picked.picked_row ORDER BY picked.rowid`;
  return { ...base, sql: await inSlices(database, from, cells) };
}

/**
 * A query of all cells that is run some columns at a time and joined by position: a sort holds whole rows and a Parquet
 * reader a page of each column, which does not fit for very wide rows (measured).
 */
async function inSlices(database: Database, from: string, cells: readonly string[]): Promise<string> {
  if (cells.length <= WIDE_COLUMNS) return `SELECT ${cells.join(', ')} FROM ${from}`;
  const slices: string[] = [];
  for (let first = 0; first < cells.length; first += WIDE_COLUMNS) {
    const some = cells.slice(first, first + WIDE_COLUMNS).map((cell, index) => `${cell} AS r${first + index}`);
    const slice = `slice${slices.length}`;
    await database.run(`CREATE TABLE ${slice} AS SELECT ${some.join(', ')} FROM ${from}`);
    slices.push(slice);
  }
  return `SELECT ${cells.map((_, index) => `r${index}`).join(', ')} FROM ${slices.join(' POSITIONAL JOIN ')}`;
}

/** SQL terms for the asked order; missing values come last. */
export function sortTerms(sort: ReportOptions['sort'], columns: readonly Pick<TypedColumn, 'name' | 'sql'>[]): string[] {
  return sort.map(({ column, order }, index) => {
    const { sql } = findColumn(column, columns, `sort[${index}]`);
    return `(${sql}) ${order === 'desc' ? 'DESC' : 'ASC'} NULLS LAST`;
  });
}

const FLUSH_CHARACTERS = 262_144;

/** Writes the rows as NDJSON, one array of cells a line. @returns how many. */
export async function writeTable(database: Database, query: TableQuery, path: string, onRows: (rows: number) => void): Promise<number> {
  const out = createWriteStream(path);
  const done = finished(out);
  let rows = 0;
  let pending = '';
  try {
    for await (const block of database.stream(query.sql)) {
      for (let index = 0; index < block.rows; index += 1) {
        const row = block.row(index);
        pending += `${JSON.stringify(query.columns.map(({ storage }, column) => toCell(row[column], storage)))}\n`;
        if (pending.length < FLUSH_CHARACTERS) continue;
        if (!out.write(pending)) await once(out, 'drain');
        pending = '';
      }
      rows += block.rows;
      onRows(rows);
    }
    out.write(pending);
  } finally {
    out.end();
    await done;
  }
  return rows;
}
