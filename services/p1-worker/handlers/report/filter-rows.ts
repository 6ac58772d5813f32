import type { DuckDBValue } from '@duckdb/node-api';
import type { Cell, ReportFilter } from '../../../../shared/domain/report-profile.ts';
import type { Database } from './database.ts';
import type { Relation } from './dataset.ts';
import { findColumn } from './find-column.ts';
import { WIDE_COLUMNS } from './limits.ts';
import { quoted, ReportRejection } from './rejection.ts';
import { isNumeric, type TypedColumn } from './typed-column.ts';

const COMPARISONS = { eq: '=', ne: 'IS DISTINCT FROM', lt: '<', lte: '<=', gt: '>', gte: '>=' } as const;

/** A condition over the relation's columns; values are bound as `$1`, `$2`, ... */
export interface Condition {
  readonly sql: string;
  readonly values: readonly DuckDBValue[];
}

/**
 * Turns filters into one condition. `ne` keeps rows without a value, all other comparisons drop them.
 * @throws ReportRejection `unknown_column`, `invalid_filter` for an operator or value that does not suit the column's type.
 */
export function compileFilters(filters: readonly ReportFilter[], columns: readonly TypedColumn[]): Condition {
  const values: DuckDBValue[] = [];
  const bind = (value: DuckDBValue) => `$${values.push(value)}`;
  const parts = filters.map((filter, index) => {
    const column = findColumn(filter.column, columns, `filter[${index}]`);
    return condition(filter, column, bind);
  });
  return { sql: parts.join(' AND '), values };
}

function condition(filter: ReportFilter, column: TypedColumn, bind: (value: DuckDBValue) => string): string {
  const { op, value } = filter;
  switch (op) {
    case 'is_null':
      return `(${column.sql}) IS NULL`;
    case 'not_null':
      return `(${column.sql}) IS NOT NULL`;
    case 'contains':
    case 'starts_with':
      if (column.storage !== 'VARCHAR') throw unsuited(filter, column, 'works on texts only');
      if (typeof value !== 'string') throw unsuited(filter, column, 'needs a text as its value');
      return `${op}(${column.sql}, ${bind(value)})`;
    case 'in': {
      if (!Array.isArray(value) || value.length === 0) throw unsuited(filter, column, 'needs a list of values');
      return `(${column.sql}) IN (${value.map((one: Cell) => operand(filter, column, one, bind)).join(', ')})`;
    }
    default: {
      if (value === null || value === undefined) throw unsuited(filter, column, 'needs a value; use is_null or not_null for missing ones');
      return `(${column.sql}) ${COMPARISONS[op]} ${operand(filter, column, value as Cell, bind)}`;
    }
  }
}

/** Binds a value as the column's type. */
function operand(filter: ReportFilter, column: TypedColumn, value: Cell, bind: (value: DuckDBValue) => string): string {
  const wanted = EXPECTED[column.type];
  if (!wanted.test(value)) throw unsuited(filter, column, `needs ${wanted.name} as its value, not ${quoted(String(value))}`);
  if (isNumeric(column)) {
    const text = String(value);
    if (column.storage === 'DECIMAL' && PLAIN_NUMBER.test(text)) return `CAST(${bind(text)} AS DECIMAL(38, ${fractionDigits(text)}))`;
    return WHOLE_NUMBER.test(text) ? `CAST(${bind(text)} AS HUGEINT)` : `CAST(${bind(text)} AS DOUBLE)`;
  }
  if (column.type === 'text' || column.type === 'nested') return bind(String(value));
  if (column.type === 'boolean') return bind(value === true || value === 'true');
  return `CAST(${bind(String(value))} AS ${column.storage})`;
}

const WHOLE_NUMBER = /^[+-]?\d{1,38}$/;
const PLAIN_NUMBER = /^[+-]?\d{1,19}(?:\.\d{1,19})?$/;
const fractionDigits = (text: string) => text.split('.')[1]?.length ?? 0;

const isNumber = (value: Cell) =>
  typeof value === 'number' || (typeof value === 'string' && /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(value));
const isMatch = (pattern: RegExp) => (value: Cell) => typeof value === 'string' && pattern.test(value) && isCalendarDay(value);
const DAY = '\\d{4}-\\d{2}-\\d{2}';

/** `2021-02-30` has the form of a date only. */
function isCalendarDay(text: string): boolean {
  const day = /^\d{4}-\d{2}-\d{2}/.exec(text)?.[0];
  if (day === undefined) return true;
  const date = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day);
}

/** What a value must be for each type of column. */
const EXPECTED: Readonly<Record<TypedColumn['type'], { readonly name: string; readonly test: (value: Cell) => boolean }>> = {
  integer: { name: 'a number', test: isNumber },
  decimal: { name: 'a number', test: isNumber },
  boolean: { name: 'true or false', test: (value) => typeof value === 'boolean' || value === 'true' || value === 'false' },
  date: { name: 'a date like 2024-12-31', test: isMatch(new RegExp(`^${DAY}$`)) },
  timestamp: {
    name: 'a date or timestamp like 2024-12-31T23:59:59',
    test: isMatch(new RegExp(`^${DAY}(?:[T ](?:[01]\\d|2[0-3]):[0-5]\\d(?::[0-5]\\d(?:\\.\\d{1,6})?)?Z?)?$`)),
  },
  time: { name: 'a time like 23:59:59', test: isMatch(/^(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,6})?)?$/) },
  text: { name: 'a text', test: (value) => typeof value === 'string' || typeof value === 'number' },
  nested: { name: 'JSON text', test: (value) => typeof value === 'string' },
};

function unsuited({ op }: ReportFilter, { name, type }: TypedColumn, why: string): ReportRejection {
  const message = `The filter ${op} on column ${quoted(name)} (${type}) ${why}.`;
  return new ReportRejection('invalid_filter', message, { column: name, type, op });
}

/** Keeps the rows that meet all filters; without filters the relation stays as it is. */
export async function filterRows(
  database: Database,
  relation: Relation,
  columns: readonly TypedColumn[],
  condition: Condition,
): Promise<Relation> {
  if (condition.sql === '') return relation;
  if (relation.isView && columns.length > WIDE_COLUMNS) return await filterView(database, relation, condition);
  const ids = columns.map(({ id }) => id).join(', ');
  await database.run(`CREATE TABLE kept AS SELECT ${ids} FROM ${relation.name} WHERE ${condition.sql}`, condition.values);
  const [rows] = await database.row('SELECT count(*) FROM kept');
  return { name: 'kept', rowId: 'rowid', rows: Number(rows) };
}

/** A very wide Parquet file is not copied: its rows that are kept are looked up by number at every query. */
async function filterView(database: Database, { name, rowId }: Relation, { sql, values }: Condition): Promise<Relation> {
  await database.run(`CREATE TABLE kept_rows AS SELECT ${rowId} AS kept_row FROM ${name} WHERE ${sql}`, values);
  await database.run(`CREATE VIEW kept AS SELECT * FROM ${name} WHERE ${rowId} IN (SELECT kept_row FROM kept_rows)`);
  const [rows] = await database.row('SELECT count(*) FROM kept_rows');
  return { name: 'kept', rowId, rows: Number(rows), isView: true };
}
