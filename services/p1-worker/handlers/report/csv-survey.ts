import type { CsvLayout } from './csv-layout.ts';
import { readCsvRecords } from './csv-records.ts';
import { type CsvDialect, type CsvRecord, isBlank } from './csv-tokenizer.ts';
import { ReportRejection } from './rejection.ts';

/** What a whole delimited file is like. */
export interface CsvSurvey {
  readonly rows: number;
  /** Rows with fewer fields than the header, and the line of the first. */
  readonly shortRows: number;
  readonly firstShortLine: number;
  /** Rows with empty fields beyond the header. */
  readonly overlongRows: number;
  readonly blankLines: number;
  /** Some of the blank lines hold spaces. */
  readonly hasSpacedBlanks: boolean;
  readonly hasQuotedNewlines: boolean;
  readonly longestRecordBytes: number;
  /** Line breaks of more than one kind, or CR alone. */
  readonly hasOddBreaks: boolean;
  readonly hasCrLf: boolean;
}

/**
 * Reads the whole file: every record must fit the header. Rows that are too short are allowed (missing cells), empty fields
 * beyond the header too; anything else beyond it is an error, since the cells of such a row cannot be told apart.
 * @throws ReportRejection `csv_malformed` with the line, `record_too_long`.
 */
export async function surveyCsv(
  path: string,
  dialect: CsvDialect,
  layout: CsvLayout,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<CsvSurvey> {
  const seen = {
    rows: 0,
    shortRows: 0,
    firstShortLine: 0,
    overlongRows: 0,
    blankLines: 0,
    hasSpacedBlanks: false,
    hasQuotedNewlines: false,
    longestRecordBytes: 0,
  };
  let skipped = 0;
  const { breaks } = await readCsvRecords(
    path,
    dialect,
    signal,
    (record) => {
      if (record.length > seen.longestRecordBytes) seen.longestRecordBytes = record.length;
      if (record.hasQuotedNewline) seen.hasQuotedNewlines = true;
      if (record.fields === 1 && isBlank(record)) {
        seen.blankLines += 1;
        if (record.starts[0] !== record.ends[0]) seen.hasSpacedBlanks = true;
      } else if (skipped < layout.skippedRecords) {
        skipped += 1;
      } else {
        seen.rows += 1;
        if (record.fields < layout.width) {
          if (seen.shortRows === 0) seen.firstShortLine = record.line;
          seen.shortRows += 1;
        } else if (record.fields > layout.width) {
          requireEmptyRest(record, layout);
          seen.overlongRows += 1;
        }
      }
      return undefined;
    },
    onBytes,
  );
  const kinds = [breaks.lf, breaks.crlf, breaks.cr].filter((count) => count > 0).length;
  return { ...seen, hasOddBreaks: kinds > 1 || breaks.cr > 0, hasCrLf: breaks.crlf > 0 };
}

function requireEmptyRest(record: CsvRecord, layout: CsvLayout): void {
  for (let field = layout.width; field < record.fields; field += 1) {
    if (record.starts[field] === record.ends[field]) continue;
    const { line, fields } = record;
    const expected = `${layout.headers ? 'the header' : 'the first row'} has ${layout.width}`;
    const message = `Line ${line} has ${fields} fields, but ${expected}. A field that holds the delimiter must be in quotes.`;
    throw new ReportRejection('csv_malformed', message, { line, expected: layout.width, actual: fields });
  }
}
