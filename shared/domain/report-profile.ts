/**
 * The data that Process 1 of a `report` job hands to Process 2: artifact `profile.json` (a `ReportProfile`) and
 * `table.ndjson` (one JSON array of `Cell` a line, in the order of `table.columns`).
 */
export type Cell = number | string | boolean | null;

/** Logical type of a column. Integers beyond 2^53 and decimals beyond a double are carried as strings. */
export type ColumnType = 'integer' | 'decimal' | 'boolean' | 'date' | 'timestamp' | 'time' | 'text' | 'nested';

export interface HistogramBin {
  /** Inclusive lower bound: number, or ISO 8601 text for dates and timestamps. */
  readonly lower: number | string;
  /** Exclusive upper bound, inclusive for the last bin. */
  readonly upper: number | string;
  readonly count: number;
}

export interface ColumnProfile {
  /** Position in the source, from 0. */
  readonly index: number;
  /** Header as read, after making duplicates unique (`name`, `name_2`); any Unicode. */
  readonly name: string;
  readonly type: ColumnType;
  /** Non-null values. count + nulls = rows profiled. */
  readonly count: number;
  readonly nulls: number;
  /** Exact number of distinct non-null values. */
  readonly distinct: number;
  readonly min: Cell;
  readonly max: Cell;
  /** Arithmetic mean; null unless integer or decimal. */
  readonly mean: number | null;
  /** Sample standard deviation (n - 1); null unless numeric with at least 2 values. */
  readonly stddev: number | null;
  /** Quartiles by linear interpolation (Hyndman-Fan 7); null unless numeric. */
  readonly quartiles: { readonly p25: number; readonly p50: number; readonly p75: number } | null;
  /** Most frequent values, at most 10, by count descending then value ascending. Long texts cut at 200 characters. */
  readonly top: readonly { readonly value: Cell; readonly count: number }[];
  /** Up to 20 bins for numeric, date and timestamp columns, else null. */
  readonly histogram: readonly HistogramBin[] | null;
  /** Length in characters; text columns only. */
  readonly lengths: { readonly min: number; readonly max: number; readonly mean: number } | null;
}

export interface TableColumn {
  readonly name: string;
  readonly type: ColumnType;
}

export interface ReportProfile {
  readonly v: 1;
  readonly title: string;
  readonly source: {
    /** What the client called it, display only. */
    readonly name: string;
    readonly format: 'csv' | 'tsv' | 'ndjson' | 'json' | 'parquet' | 'rows';
    readonly compression: 'gzip' | null;
    /** IANA name of the encoding that was read, e.g. `utf-8`, `windows-1252`; null for Parquet and inline rows. */
    readonly encoding: string | null;
    readonly delimiter: string | null;
    readonly sizeBytes: number;
  };
  /** Rows in the source, and rows left after `filter`; the profile covers the latter. */
  readonly rows: { readonly total: number; readonly afterFilter: number };
  readonly columns: readonly ColumnProfile[];
  readonly table: {
    /** `groups` when group_by or metrics were asked for, else `rows`. */
    readonly kind: 'rows' | 'groups';
    readonly columns: readonly TableColumn[];
    /** Rows before `limit`. */
    readonly totalRows: number;
    /** Rows in table.ndjson. */
    readonly storedRows: number;
  };
  /** Options as applied, defaults filled in. */
  readonly options: ReportOptions;
  /** Sentences for the reader, e.g. that a duplicate header was renamed. */
  readonly warnings: readonly string[];
  /** ISO 8601 UTC. */
  readonly createdAt: string;
}

export type ReportFormat = 'pdf' | 'xlsx' | 'html' | 'csv';
export type FilterOperator = 'eq' | 'ne' | 'lt' | 'lte' | 'gt' | 'gte' | 'in' | 'contains' | 'starts_with' | 'is_null' | 'not_null';
export type MetricFunction = 'count' | 'count_distinct' | 'sum' | 'mean' | 'min' | 'max' | 'median' | 'stddev';

export interface ReportFilter {
  readonly column: string;
  readonly op: FilterOperator;
  /** Absent for is_null and not_null; an array for `in`. */
  readonly value?: Cell | readonly Cell[];
}

export interface ReportMetric {
  readonly fn: MetricFunction;
  /** Absent only for `count` (all rows). */
  readonly column?: string;
  /** Header in the result; default `fn(column)`. */
  readonly as?: string;
}

export interface ReportOptions {
  readonly title?: string;
  /** All must hold. */
  readonly filter: readonly ReportFilter[];
  readonly group_by: readonly string[];
  readonly metrics: readonly ReportMetric[];
  readonly sort: readonly { readonly column: string; readonly order: 'asc' | 'desc' }[];
  /** Rows in the table, 1..100,000; default 1,000. */
  readonly limit: number;
  /** Default: pdf, xlsx, html, csv. */
  readonly formats: readonly ReportFormat[];
}
