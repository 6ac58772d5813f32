import { closeSync, openSync, writeSync } from 'node:fs';
import type { CsvLayout } from './csv-layout.ts';
import { readCsvRecords } from './csv-records.ts';
import { type CsvDialect, type CsvRecord, fieldText, isBlank } from './csv-tokenizer.ts';

const FLUSH_CHARACTERS = 1_048_576;

/**
 * Writes the rows again for a file that the database would not read as we do: commas, every field in quotes, LF, exactly
 * as many fields as there are columns, no header.
 */
export async function rewriteCsv(
  from: string,
  to: string,
  dialect: CsvDialect,
  layout: CsvLayout,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<void> {
  // Synchronous writes: records arrive in a callback, and a block of them is at most some MiB.
  const out = openSync(to, 'w');
  let pending = '';
  let skipped = 0;
  const onRecord = (record: CsvRecord): undefined => {
    if (isBlank(record)) return;
    if (skipped < layout.skippedRecords) {
      skipped += 1;
      return;
    }
    pending += rowText(record, dialect, layout.width);
    if (pending.length < FLUSH_CHARACTERS) return;
    writeSync(out, pending);
    pending = '';
  };
  try {
    await readCsvRecords(from, dialect, signal, onRecord, onBytes);
    writeSync(out, pending);
  } finally {
    closeSync(out);
  }
}

function rowText(record: CsvRecord, dialect: CsvDialect, width: number): string {
  let text = '';
  for (let field = 0; field < width; field += 1) {
    const value = field < record.fields ? fieldText(record, field, dialect) : '';
    text += `${field === 0 ? '"' : ',"'}${value.includes('"') ? value.replaceAll('"', '""') : value}"`;
  }
  return `${text}\n`;
}
