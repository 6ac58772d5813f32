import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { namedColumns } from './column-names.ts';
import { counted } from './counted.ts';
import { type CsvSample, sniffCsv } from './csv-dialect.ts';
import { type CsvLayout, planCsvLayout } from './csv-layout.ts';
import { rewriteCsv } from './csv-rewrite.ts';
import { type CsvSurvey, surveyCsv } from './csv-survey.ts';
import type { Database } from './database.ts';
import { type Dataset, rawColumns } from './dataset.ts';
import { readHead } from './file-blocks.ts';
import { type CheckedCsv, importCsv } from './import-csv.ts';
import { ReportRejection } from './rejection.ts';
import type { ReportContext } from './report-context.ts';
import type { TextFile } from './text-file.ts';

const SNIFFED_BYTES = 1_048_576;

/** The source itself where it is plain enough, else the rewritten rows. */
type PlainCsv = Pick<CheckedCsv, 'path' | 'delimiter' | 'escape' | 'skip' | 'hasCrLf'>;

/**
 * Loads a delimited text into the table `source`, all cells as text. Our own reader checks every record before: it names the
 * line of an error and is lenient where a file is merely untidy.
 * @throws ReportRejection for broken files.
 */
export async function loadCsv(file: TextFile, prefersTab: boolean, database: Database, context: ReportContext): Promise<Dataset> {
  const head = (await readHead(file.path, SNIFFED_BYTES)).subarray(file.bomBytes);
  const { size } = await stat(file.path);
  const sample = sniffCsv(head, size <= SNIFFED_BYTES, prefersTab);
  const layout = planCsvLayout(sample);
  const share = (phase: (fraction: number) => void) => (bytes: number) => phase(bytes / size);
  const survey = await surveyCsv(file.path, sample.dialect, layout, context.signal, share(context.meter.phase(0.08, 0.16)));
  warnOfLayout(layout, survey, context);
  const plain = isPlain(sample, layout, survey) ? asIs(file, sample, layout, survey) : await rewritten();
  const names = namesOf(layout, context);
  await database.keepTables(context.workDir, layout.width, size);
  const { hasQuotedNewlines, rows, longestRecordBytes } = survey;
  const shape = {
    width: layout.width,
    rows,
    longestRecordBytes,
    hasQuotedNewlines,
    hasShortRows: false,
    hasMark: false,
    quotedIsText: false,
  };
  await importCsv(database, { ...plain, ...shape }, context.meter.phase(0.22, 0.45));
  return {
    relation: { name: 'source', rowId: 'rowid', rows: survey.rows },
    columns: rawColumns(names, 'text'),
    source: { format: sample.dialect.delimiter === '\t' ? 'tsv' : 'csv', encoding: file.encoding, delimiter: sample.dialect.delimiter },
  };

  async function rewritten(): Promise<PlainCsv> {
    const path = join(context.workDir, 'rows.csv');
    await rewriteCsv(file.path, path, sample.dialect, layout, context.signal, share(context.meter.phase(0.16, 0.22)));
    return { path, delimiter: ',', escape: '"', skip: 0, hasCrLf: false };
  }
}

/** The database reads such a file just as our own reader does. */
function isPlain(sample: CsvSample, layout: CsvLayout, survey: CsvSurvey): boolean {
  const isRegular = survey.shortRows === 0 && survey.overlongRows === 0 && !survey.hasOddBreaks;
  const isBlankFree = survey.blankLines === 0 || (layout.width > 1 && sample.leadingBlanks === 0 && !survey.hasSpacedBlanks);
  return (
    isRegular &&
    isBlankFree &&
    layout.titleRecords === 0 &&
    !sample.hasSeparatorLine &&
    !layout.hasRowNames &&
    sample.dialect.delimiter !== ' '
  );
}

function asIs(file: TextFile, { dialect }: CsvSample, layout: CsvLayout, { hasCrLf }: CsvSurvey): PlainCsv {
  return { path: file.path, ...dialect, skip: layout.skippedRecords, hasCrLf };
}

function namesOf(layout: CsvLayout, context: ReportContext): readonly string[] {
  if (!layout.headers) return Array.from({ length: layout.width }, (_, index) => `column_${index + 1}`);
  const names = namedColumns(layout.headers, context.warnings);
  if (names.length === 0) throw new ReportRejection('no_columns', 'The file holds no columns.');
  return names;
}

function warnOfLayout(layout: CsvLayout, survey: CsvSurvey, { warnings }: ReportContext): void {
  if (layout.titleRecords > 0) warnings.add(`Left out above the table: ${counted(layout.titleRecords, 'line')}.`);
  if (!layout.headers) warnings.add('The first line holds values, not headers; the columns were named by position.');
  if (layout.hasRowNames) warnings.add('The header has one field less than the rows; the first column was named "row".');
  if (survey.shortRows > 0) {
    const first = `first in line ${survey.firstShortLine}`;
    warnings.add(`Fewer fields than the header in ${counted(survey.shortRows, 'row')} (${first}); the missing cells are empty.`);
  }
  if (survey.overlongRows > 0) warnings.add(`Empty fields beyond the header were left out in ${counted(survey.overlongRows, 'row')}.`);
  const isNotable = survey.blankLines > 1 || (survey.blankLines > 0 && layout.width === 1);
  if (isNotable) warnings.add(`Left out: ${counted(survey.blankLines, 'blank line')}.`);
}
