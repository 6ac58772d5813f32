import type { CsvSample } from './csv-dialect.ts';
import { MAX_COLUMNS } from './limits.ts';
import { ReportRejection } from './rejection.ts';

/** Where header and rows of a delimited text are. */
export interface CsvLayout {
  /** Records (blank lines not counted) before the first row: a line that names the delimiter, titles and the header. */
  readonly skippedRecords: number;
  /** Headers as read; undefined when the first record is a row. */
  readonly headers: readonly string[] | undefined;
  readonly width: number;
  /** Records before the header that hold a title. */
  readonly titleRecords: number;
  /** Headers have one field less than the rows, as R writes it: the first column holds the row's name. */
  readonly hasRowNames: boolean;
}

/** So many rows must agree before the header is doubted. */
const AGREEING_ROWS = 5;
const MAX_TITLE_RECORDS = 20;
const VALUE = /^\s*(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|\d{4}-\d{2}-\d{2}(?:[T ].*)?)\s*$/i;

/**
 * Decides what the first records are. The first is the header, unless all its cells are numbers or dates; shorter records
 * before regular rows are titles.
 * @throws ReportRejection `too_many_columns`.
 */
export function planCsvLayout(sample: CsvSample): CsvLayout {
  const titleRecords = countTitles(sample.records);
  const before = titleRecords + (sample.hasSeparatorLine ? 1 : 0);
  const [first = [], ...body] = sample.records.slice(titleRecords);
  const rowWidth = agreedWidth(body);
  const extra = rowWidth === undefined ? 0 : rowWidth - first.length;
  const hasRowNames = extra === 1 && body.some((record) => record.at(-1)?.trim() !== '');
  const width = first.length + (hasRowNames ? 1 : 0);
  if (width > MAX_COLUMNS) {
    const message = `The file has ${width} columns; at most ${MAX_COLUMNS} are allowed.`;
    throw new ReportRejection('too_many_columns', message, { columns: width, max_columns: MAX_COLUMNS });
  }
  if (!hasRowNames && isRow(first, body)) {
    return { skippedRecords: before, headers: undefined, width, titleRecords, hasRowNames };
  }
  return { skippedRecords: before + 1, headers: hasRowNames ? ['row', ...first] : first, width, titleRecords, hasRowNames };
}

/** The one width that all records have, if there are at least five; else undefined. */
function agreedWidth(records: readonly (readonly string[])[]): number | undefined {
  const width = records[0]?.length;
  return records.length >= AGREEING_ROWS && records.every((record) => record.length === width) ? width : undefined;
}

/** Records above the first of those that agree, when all of them are shorter: by two fields at least if it is a single one. */
function countTitles(records: readonly (readonly string[])[]): number {
  for (let titles = 1; titles <= MAX_TITLE_RECORDS; titles += 1) {
    const width = agreedWidth(records.slice(titles));
    if (width === undefined) continue;
    if (records[titles - 1]!.length === width) return 0;
    const shortBy = titles === 1 ? 2 : 1;
    return records.slice(0, titles).every((record) => record.length <= width - shortBy) ? titles : 0;
  }
  return 0;
}

/** True for a first record of numbers and dates over columns of the same: there is no header. */
function isRow(first: readonly string[], body: readonly (readonly string[])[]): boolean {
  if (!first.every((cell) => VALUE.test(cell)) || areYears(first)) return false;
  return first.every((_, column) => {
    const cells = body
      .slice(0, 100)
      .map((record) => record[column] ?? '')
      .filter((cell) => cell !== '');
    return cells.filter((cell) => VALUE.test(cell)).length * 2 >= cells.length;
  });
}

/** Consecutive years are headers of a wide table. */
function areYears(cells: readonly string[]): boolean {
  const years = cells.map(Number);
  return cells.length > 1 && years.every((year, index) => year === years[0]! + index && year >= 1_500 && year <= 2_200);
}
