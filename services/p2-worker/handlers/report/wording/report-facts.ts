import type { ColumnProfile, ColumnType, ReportProfile } from '../../../../../shared/domain/report-profile.ts';
import { bytesText, countOf, countText, percentText } from './number-text.ts';

/** One of the few figures at the top of a report. */
export interface Fact {
  readonly label: string;
  readonly value: string;
  /** Small print below, at most about 40 characters. */
  readonly note: string;
}

export const TYPE_NAMES: Readonly<Record<ColumnType, string>> = {
  integer: 'Integer',
  decimal: 'Decimal',
  boolean: 'Boolean',
  date: 'Date',
  timestamp: 'Timestamp',
  time: 'Time',
  text: 'Text',
  nested: 'Nested',
};

const FAMILIES: readonly (readonly [string, readonly ColumnType[]])[] = [
  ['numeric', ['integer', 'decimal']],
  ['text', ['text']],
  ['date', ['date', 'timestamp', 'time']],
  ['boolean', ['boolean']],
  ['nested', ['nested']],
];

const FORMAT_NAMES = { csv: 'CSV', tsv: 'TSV', ndjson: 'NDJSON', json: 'JSON', parquet: 'Parquet', rows: 'rows in the request' } as const;
const DELIMITER_NAMES: Readonly<Record<string, string>> = { ',': 'comma', ';': 'semicolon', '\t': 'tab', '|': 'pipe', ' ': 'space' };

function familyCounts(columns: readonly ColumnProfile[]): string {
  const counts = FAMILIES.map(([name, types]) => [columns.filter(({ type }) => types.includes(type)).length, name] as const);
  return counts
    .filter(([count]) => count > 0)
    .map(([count, name]) => `${countText(count)} ${name}`)
    .join(', ');
}

/** Cells without a value, over all columns. */
export function missingCells(columns: readonly ColumnProfile[]): number {
  return columns.reduce((sum, column) => sum + column.nulls, 0);
}

function rowsFact({ rows }: ReportProfile): Fact {
  const note = rows.afterFilter === rows.total ? 'all rows of the source' : `of ${countText(rows.total)}, after the filter`;
  return { label: 'Rows', value: countText(rows.afterFilter), note };
}

function missingFact({ columns, rows }: ReportProfile): Fact {
  const missing = missingCells(columns);
  const cells = columns.length * rows.afterFilter;
  const note = cells === 0 ? 'no cells' : `${countText(missing)} of ${countOf(cells, 'cell')}`;
  return { label: 'Missing', value: percentText(missing, cells), note };
}

function resultFact({ table }: ReportProfile): Fact {
  const label = table.kind === 'groups' ? 'Groups' : 'Rows in the table';
  const note =
    table.storedRows < table.totalRows ? `the first of ${countText(table.totalRows)}` : `with ${countOf(table.columns.length, 'column')}`;
  return { label, value: countText(table.storedRows), note };
}

/** The four key figures. */
export function keyFacts(profile: ReportProfile): readonly Fact[] {
  const columns = { label: 'Columns', value: countText(profile.columns.length), note: familyCounts(profile.columns) };
  return [rowsFact(profile), columns, missingFact(profile), resultFact(profile)];
}

/** Format, encoding and size of the source in one line. */
export function sourceText({ source }: ReportProfile): string {
  const delimiter = source.delimiter === null ? undefined : (DELIMITER_NAMES[source.delimiter] ?? JSON.stringify(source.delimiter));
  const parts = [
    `${FORMAT_NAMES[source.format] ?? source.format}${source.compression === 'gzip' ? ', gzip' : ''}`,
    source.encoding?.toUpperCase(),
    delimiter === undefined || source.format === 'tsv' ? undefined : `${delimiter}-separated`,
    source.sizeBytes > 0 ? bytesText(source.sizeBytes) : undefined,
  ];
  return parts.filter((part) => part !== undefined).join(' · ');
}

/** The date of a report as people read it, always UTC: `24 November 2025, 11:05 UTC`. */
export function dateText(createdAt: string): string {
  const [day, time] = new Date(createdAt).toISOString().split('T');
  const [year, month, date] = day!.split('-');
  return `${Number(date)} ${MONTHS[Number(month) - 1]} ${year}, ${time!.slice(0, 5)} UTC`;
}

const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];
