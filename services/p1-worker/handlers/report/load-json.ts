import { join } from 'node:path';
import { namedColumns } from './column-names.ts';
import type { Database } from './database.ts';
import type { Dataset } from './dataset.ts';
import { importCsv } from './import-csv.ts';
import { JsonRowWriter } from './json-rows.ts';
import type { JsonSource } from './json-source.ts';
import { readJsonTexts } from './json-values.ts';
import { ReportRejection } from './rejection.ts';
import type { ReportContext } from './report-context.ts';

/**
 * Loads objects of a JSON text into the table `source`. They are turned into CSV by ourselves: the database's reader holds
 * 2,048 parsed objects at once, which does not fit for large ones (measured: objects of 15 KB in 170 MiB), cuts long
 * numbers and names no line of an error.
 * @throws ReportRejection for broken JSON, values that are no objects, and too many or no keys.
 */
export async function loadJson(source: JsonSource, encoding: string | null, database: Database, context: ReportContext): Promise<Dataset> {
  const path = join(context.workDir, 'rows.csv');
  const onProgress = context.meter.phase(0.08, 0.22);
  const writer = new JsonRowWriter(path);
  const size = source.end - source.start;
  try {
    await readJsonTexts(
      source,
      context.signal,
      (text, line) => writer.add(text, line),
      (bytes) => onProgress(bytes / size),
    );
    const { rows, columns, hasLineBreaks, longestRowBytes } = writer.finish();
    if (columns.length === 0) throw new ReportRejection('no_columns', 'The JSON holds no objects with members: there are no columns.');
    await database.keepTables(context.workDir, columns.length, size);
    const csv = { path, delimiter: ',', escape: '"', skip: 0, hasCrLf: false, hasQuotedNewlines: hasLineBreaks };
    const shape = {
      width: columns.length,
      rows,
      longestRecordBytes: longestRowBytes,
      hasShortRows: true,
      hasMark: true,
      quotedIsText: true,
    };
    await importCsv(database, { ...csv, ...shape }, context.meter.phase(0.22, 0.45));
    const names = namedColumns(
      columns.map(({ key }) => key),
      context.warnings,
    );
    return {
      relation: { name: 'source', rowId: 'rowid', rows },
      columns: columns.map(({ kind }, index) => ({ id: `c${index}`, index, name: names[index]!, kind: 'json', jsonKind: kind })),
      source: { format: source.format, encoding, delimiter: null },
    };
  } finally {
    writer.close();
  }
}
