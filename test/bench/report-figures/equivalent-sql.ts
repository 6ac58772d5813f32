/** A column as DuckDB's own detection sees it. */
export interface SqlColumn {
  readonly name: string;
  /** Of DuckDB, e.g. `BIGINT`. */
  readonly type: string;
}

const TOP = 10;
const BINS = 20;
const TABLE_ROWS = 1_000;

const text = (value: string) => `'${value.replaceAll("'", "''")}'`;
const identifier = (name: string) => `"${name.replaceAll('"', '""')}"`;

/** Whether a column of this type has a mean and quartiles. */
export const isNumber = (type: string) => /^(?:(?:TINY|SMALL|BIG|HUGE)?INT|INTEGER|DOUBLE|FLOAT|DECIMAL)/.test(type);
const isTime = (type: string) => /^(?:DATE|TIMESTAMP)/.test(type);

/** The read that Process 1 does too: types from all cells. */
export function readSql(path: string): string {
  return `read_csv(${text(path)}, header = true, sample_size = -1)`;
}

/** Counts and figures of one column, as one row. */
function figuresSql({ name, type }: SqlColumn): string {
  const column = identifier(name);
  const numbers = isNumber(type)
    ? `, avg(${column}) AS mean, stddev_samp(${column}) AS stddev, quantile_cont(${column}::DOUBLE, [0.25, 0.5, 0.75]) AS quartiles`
    : '';
  const lengths = type === 'VARCHAR' ? `, min(length(${column})), max(length(${column})), avg(length(${column}))` : '';
  return `SELECT ${text(name)} AS name, count(${column}) AS count, count(*) - count(${column}) AS nulls,
    count(DISTINCT ${column}) AS "distinct", min(${column}), max(${column})${numbers}${lengths} FROM source;`;
}

function topSql({ name }: SqlColumn): string {
  const column = identifier(name);
  return `SELECT ${column} AS top, count(*) AS n FROM source WHERE ${column} IS NOT NULL GROUP BY ${column} ORDER BY n DESC, ${column} LIMIT ${TOP};`;
}

function histogramSql({ name, type }: SqlColumn): string {
  if (!isNumber(type) && !isTime(type)) return '';
  const value = isNumber(type) ? `${identifier(name)}::DOUBLE` : `epoch_ms(${identifier(name)}::TIMESTAMP)::DOUBLE`;
  return `WITH bounds AS (SELECT min(${value}) AS low, max(${value}) AS high FROM source)
    SELECT least(floor((${value} - low) / greatest(high - low, 1e-300) * ${BINS}), ${BINS - 1}) AS bin, count(*) AS n
    FROM source, bounds WHERE ${value} IS NOT NULL GROUP BY bin ORDER BY bin;`;
}

/** Statements that give what Process 1 gives: exact figures, most frequent values and histogram of every column, and the first rows. */
export function equivalentSql(path: string, columns: readonly SqlColumn[]): string {
  const ofColumns = columns.flatMap((column) => [figuresSql(column), topSql(column), histogramSql(column)]);
  return [`CREATE TABLE source AS SELECT * FROM ${readSql(path)};`, ...ofColumns, `SELECT * FROM source LIMIT ${TABLE_ROWS};`].join('\n');
}

/** DuckDB's own profile: one scan, but distinct values and quartiles are estimates. */
export function summarizeSql(path: string): string {
  return `SUMMARIZE SELECT * FROM ${readSql(path)};`;
}
