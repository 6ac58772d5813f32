import type {
  Cell,
  ColumnProfile,
  ColumnType,
  HistogramBin,
  ReportOptions,
  ReportProfile,
} from '../../../../../shared/domain/report-profile.ts';

/** A small data set as a test writes it down: every row has a cell for every column. */
export interface Dataset {
  readonly title: string;
  readonly columns: readonly { readonly name: string; readonly type: ColumnType }[];
  readonly rows: readonly (readonly Cell[])[];
  readonly options?: Partial<ReportOptions>;
  readonly warnings?: readonly string[];
  /** Where the table is not the rows themselves. */
  readonly table?: Partial<ReportProfile['table']>;
  readonly totalRows?: number;
}

const TIMES: readonly ColumnType[] = ['date', 'timestamp'];

function quantile(sorted: readonly number[], share: number): number {
  const at = (sorted.length - 1) * share;
  const low = sorted[Math.floor(at)]!;
  return low + (sorted[Math.ceil(at)]! - low) * (at - Math.floor(at));
}

function bins(values: readonly number[], show: (value: number) => number | string): HistogramBin[] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const size = (high - low) / 20 || 1;
  return Array.from({ length: 20 }, (_, index) => {
    const [from, to] = [low + index * size, low + (index + 1) * size];
    const count = values.filter((value) => value >= from && (index === 19 ? value <= high : value < to)).length;
    return { lower: show(from), upper: show(index === 19 ? high : to), count };
  });
}

function topValues(values: readonly Cell[]): ColumnProfile['top'] {
  const counts = new Map<Cell, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts]
    .sort(([a, m], [b, n]) => n - m || (a! < b! ? -1 : 1))
    .slice(0, 10)
    .map(([value, count]) => ({ value: typeof value === 'string' ? value.slice(0, 200) : value, count }));
}

function numeric(values: readonly number[]): Partial<ColumnProfile> {
  if (values.length === 0) return {};
  const sorted = [...values].sort((a, b) => a - b);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
  return {
    min: sorted[0]!,
    max: sorted.at(-1)!,
    mean,
    stddev: values.length > 1 ? spread : null,
    quartiles: { p25: quantile(sorted, 0.25), p50: quantile(sorted, 0.5), p75: quantile(sorted, 0.75) },
    histogram: bins(values, (value) => value),
  };
}

function times(values: readonly string[], type: ColumnType): Partial<ColumnProfile> {
  if (values.length === 0) return {};
  const length = type === 'date' ? 10 : 19;
  return {
    histogram: bins(
      values.map((value) => Date.parse(value)),
      (value) => new Date(value).toISOString().slice(0, length),
    ),
  };
}

function lengthsOf(values: readonly string[]): ColumnProfile['lengths'] {
  if (values.length === 0) return null;
  const lengths = values.map((value) => [...value].length);
  return { min: Math.min(...lengths), max: Math.max(...lengths), mean: lengths.reduce((a, b) => a + b, 0) / lengths.length };
}

/** Profile of one column, computed as Process 1 does, for small data. */
export function profileColumn(name: string, type: ColumnType, index: number, cells: readonly Cell[]): ColumnProfile {
  const values = cells.filter((cell) => cell !== null);
  const texts = values.filter((value) => typeof value === 'string');
  const sorted = [...values].sort((a, b) => (a < b ? -1 : 1));
  const numbers = type === 'integer' || type === 'decimal' ? values.map(Number) : [];
  return {
    index,
    name,
    type,
    count: values.length,
    nulls: cells.length - values.length,
    distinct: new Set(values).size,
    min: sorted[0] ?? null,
    max: sorted.at(-1) ?? null,
    mean: null,
    stddev: null,
    quartiles: null,
    top: topValues(values),
    histogram: null,
    lengths: type === 'text' ? lengthsOf(texts) : null,
    ...numeric(numbers),
    ...(TIMES.includes(type) ? times(texts, type) : {}),
  };
}

/** The profile of a data set, dated 2 January 2025. */
export function makeProfile({ title, columns, rows, options, warnings, table, totalRows }: Dataset): ReportProfile {
  const limit = options?.limit ?? 1_000;
  return {
    v: 1,
    title,
    source: { name: `${title}.csv`, format: 'csv', compression: null, encoding: 'utf-8', delimiter: ',', sizeBytes: 123_456 },
    rows: { total: totalRows ?? rows.length, afterFilter: rows.length },
    columns: columns.map(({ name, type }, index) =>
      profileColumn(
        name,
        type,
        index,
        rows.map((row) => row[index] ?? null),
      ),
    ),
    table: { kind: 'rows', columns, totalRows: rows.length, storedRows: Math.min(rows.length, limit), ...table },
    options: { filter: [], group_by: [], metrics: [], sort: [], limit, formats: ['pdf', 'xlsx', 'html', 'csv'], ...options },
    warnings: warnings ?? [],
    createdAt: '2025-01-02T03:04:05.000Z',
  };
}
