import type { ColumnType, ReportMetric, ReportOptions } from '../../../../shared/domain/report-profile.ts';
import { metricName } from '../../../../shared/schema/report.ts';
import { shownSql } from './cells.ts';
import type { Database } from './database.ts';
import type { Relation } from './dataset.ts';
import { findColumn } from './find-column.ts';
import { quoted, ReportRejection } from './rejection.ts';
import { sortTerms, type TableQuery } from './result-table.ts';
import { isNumeric, type TypedColumn } from './typed-column.ts';

/** A metric with its column looked up. */
interface Metric {
  readonly name: string;
  readonly fn: ReportMetric['fn'];
  readonly column: TypedColumn | undefined;
  readonly type: ColumnType;
  readonly storage: TypedColumn['storage'];
  readonly isZoned: boolean;
}

const NEEDS_NUMBER = new Set<ReportMetric['fn']>(['sum', 'mean', 'median', 'stddev']);

/** The columns that group, and the metrics, checked against the dataset. @throws ReportRejection. */
export interface Grouping {
  readonly keys: readonly TypedColumn[];
  readonly metrics: readonly Metric[];
}

/** @throws ReportRejection `unknown_column`, `invalid_metric` for a metric that its column's type does not allow. */
export function planGrouping({ group_by, metrics }: ReportOptions, columns: readonly TypedColumn[]): Grouping {
  const keys = group_by.map((name, index) => findColumn(name, columns, `group_by[${index}]`));
  const wanted: readonly ReportMetric[] = metrics.length > 0 ? metrics : [{ fn: 'count' }];
  return { keys, metrics: wanted.map((metric, index) => planMetric(metric, columns, `metrics[${index}]`)) };
}

function planMetric(metric: ReportMetric, columns: readonly TypedColumn[], where: string): Metric {
  const { fn } = metric;
  const column = metric.column === undefined ? undefined : findColumn(metric.column, columns, where);
  if (!column && fn !== 'count') throw new ReportRejection('invalid_metric', `${where}: ${fn} needs a column.`);
  if (column && NEEDS_NUMBER.has(fn) && !isNumeric(column)) {
    const message = `${where}: ${fn} works on numbers only; column ${quoted(column.name)} holds ${column.type} values.`;
    throw new ReportRejection('invalid_metric', message, { where, fn, column: column.name, type: column.type });
  }
  if (column?.type === 'nested' && (fn === 'min' || fn === 'max')) {
    const message = `${where}: ${fn} cannot order the nested values of column ${quoted(column.name)}.`;
    throw new ReportRejection('invalid_metric', message, { where, fn, column: column.name, type: column.type });
  }
  return { name: metricName(metric), fn, column, ...resultOf(fn, column) };
}

function resultOf(fn: ReportMetric['fn'], column: TypedColumn | undefined): Pick<Metric, 'type' | 'storage' | 'isZoned'> {
  if (fn === 'count' || fn === 'count_distinct') return { type: 'integer', storage: 'BIGINT', isZoned: false };
  if (fn === 'min' || fn === 'max') return { type: column!.type, storage: column!.storage, isZoned: column!.isZoned };
  if (fn === 'sum' && column!.type === 'integer') return { type: 'integer', storage: 'HUGEINT', isZoned: false };
  if (fn === 'sum' && column!.storage === 'DECIMAL') return { type: 'decimal', storage: 'DECIMAL', isZoned: false };
  return { type: 'decimal', storage: 'DOUBLE', isZoned: false };
}

/**
 * Groups the rows. Counts, sums and the like come from one aggregation; distinct counts and medians each from their own,
 * since the database can put those to disk only in this form.
 * @throws ReportRejection `invalid_metric` for a sum beyond 38 digits.
 */
export async function groupsQuery(database: Database, relation: Relation, grouping: Grouping, options: ReportOptions): Promise<TableQuery> {
  try {
    return await group(database, relation, grouping, options);
  } catch (error) {
    if (!/^Out of Range Error/.test((error as Error).message)) throw error;
    throw new ReportRejection('invalid_metric', 'A metric gives a number of more than 38 digits.');
  }
}

async function group(database: Database, relation: Relation, grouping: Grouping, options: ReportOptions): Promise<TableQuery> {
  const { keys, metrics } = grouping;
  const values = [...new Set(metrics.flatMap(({ column }) => (column ? [column] : [])))];
  const keySql = keys.map((key, index) => `${key.sql} AS k${index}`);
  const inputs = [...keySql, ...values.map((column) => `${column.sql} AS ${column.id}_v`)];
  await database.run(`CREATE VIEW grouped AS SELECT ${inputs.length > 0 ? inputs.join(', ') : '1 AS nothing'} FROM ${relation.name}`);
  const names = keys.map((_, index) => `k${index}`);
  const simple = metrics.map((metric, index) => `${simpleSql(metric)} AS m${index}`);
  const groupBy = names.length > 0 ? `GROUP BY ${names.join(', ')}` : '';
  await database.run(`CREATE TABLE groups AS SELECT ${[...names, ...simple].join(', ')} FROM grouped ${groupBy}`);
  const joins: string[] = [];
  for (const [index, metric] of metrics.entries()) {
    const sql = heavySql(metric, names);
    if (sql === undefined) continue;
    await database.run(`CREATE TABLE metric${index} AS ${sql}`);
    const match = names.map((name) => `groups.${name} IS NOT DISTINCT FROM metric${index}.${name}`);
    joins.push(`LEFT JOIN metric${index} ON ${match.length > 0 ? match.join(' AND ') : 'true'}`);
  }
  return await tableOf(database, grouping, joins, options);
}

/** The aggregate of a metric that needs no more than running sums; NULL in place of the others. */
function simpleSql({ fn, column }: Metric): string {
  if (!column) return 'count(*)';
  const value = `${column.id}_v`;
  switch (fn) {
    case 'count':
      return `count(${value})`;
    case 'sum':
      return column.storage === 'DOUBLE' ? `fsum(${value})` : `sum(${value})`;
    case 'mean':
      return `fsum(${value}::DOUBLE) / nullif(count(${value}), 0)`;
    case 'min':
    case 'max':
      return `${fn}(${value})`;
    default:
      return 'NULL';
  }
}

/** A query of its own, with the group's keys and the metric as `m`, for a metric whose state grows with the values. */
function heavySql({ fn, column }: Metric, names: readonly string[]): string | undefined {
  const value = `${column?.id}_v`;
  const keys = names.map((name) => `${name}, `).join('');
  const groupBy = names.length > 0 ? `GROUP BY ${names.join(', ')}` : '';
  const over = names.length > 0 ? `PARTITION BY ${names.join(', ')}` : '';
  switch (fn) {
    case 'count_distinct':
      return `SELECT ${keys}count(${value}) AS m FROM (SELECT DISTINCT ${keys}${value} FROM grouped) ${groupBy}`;
    case 'median':
      return `SELECT ${keys}avg(v) AS m FROM (
        SELECT ${keys}${value}::DOUBLE AS v, row_number() OVER (${over} ORDER BY ${value}) AS place, count(*) OVER (${over}) AS size
        FROM grouped WHERE ${value} IS NOT NULL
      ) WHERE place IN ((size + 1) // 2, (size + 2) // 2) ${groupBy}`;
    case 'stddev':
      return `SELECT ${keys}sqrt(greatest(fsum(d * d) - fsum(d) ** 2 / count(*), 0) / nullif(count(*) - 1, 0)) AS m FROM (
        SELECT ${keys}${value}::DOUBLE - avg(${value}::DOUBLE) OVER (${over}) AS d FROM grouped WHERE ${value} IS NOT NULL
      ) ${groupBy}`;
    default:
      return undefined;
  }
}

async function tableOf(
  database: Database,
  { keys, metrics }: Grouping,
  joins: readonly string[],
  options: ReportOptions,
): Promise<TableQuery> {
  const columns = [
    ...keys.map((key, index) => ({ ...key, sql: `groups.k${index}` })),
    ...metrics.map((metric, index) => ({ ...metric, sql: isHeavy(metric) ? `metric${index}.m` : `groups.m${index}` })),
  ].map((column) =>
    column.sql.startsWith('metric') && column.type === 'integer' ? { ...column, sql: `coalesce(${column.sql}, 0)` } : column,
  );
  const [total] = await database.row('SELECT count(*) FROM groups');
  const asked = sortTerms(options.sort, columns);
  const order = [...asked, ...keys.map((_, index) => `groups.k${index} NULLS LAST`)];
  const cells = columns.map((column) => shownSql(column.sql, column)).join(', ');
  const orderBy = order.length > 0 ? `ORDER BY ${order.join(', ')}` : '';
  return {
    kind: 'groups',
    columns: columns.map(({ name, type, storage }) => ({ name, type, storage })),
    sql: `SELECT ${cells} FROM groups ${joins.join(' ')} ${orderBy} LIMIT ${options.limit}`,
    totalRows: Number(total),
  };
}

const isHeavy = ({ fn }: Metric) => fn === 'count_distinct' || fn === 'median' || fn === 'stddev';
