import { open } from 'node:fs/promises';
import { type CsvDialect, type CsvRecord, CsvTokenizer } from './csv-tokenizer.ts';
import { MAX_RECORD_BYTES } from './limits.ts';
import { ReportRejection } from './rejection.ts';

const FIRST_BUFFER_BYTES = 4 * 1_048_576;
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

/** What reading to the end showed. */
export interface CsvTotals {
  readonly breaks: { readonly lf: number; readonly crlf: number; readonly cr: number };
}

/**
 * Reads the records of a UTF-8 file one after the other, in memory of a few MiB.
 * @param onRecord may return false to stop.
 * @throws ReportRejection `csv_malformed`, `record_too_long`.
 */
export async function readCsvRecords(
  path: string,
  dialect: CsvDialect,
  signal: AbortSignal,
  onRecord: (record: CsvRecord) => boolean | undefined,
  onBytes: (bytes: number) => void = () => undefined,
): Promise<CsvTotals> {
  const tokenizer = new CsvTokenizer(dialect);
  const file = await open(path);
  let buffer = Buffer.allocUnsafe(FIRST_BUFFER_BYTES);
  let filled = 0;
  let position = 0;
  let isStopped = false;
  const observe = (record: CsvRecord) => {
    if (onRecord(record) !== false) return undefined;
    isStopped = true;
    return false;
  };
  try {
    for (let isLast = false; !isLast && !isStopped; ) {
      signal.throwIfAborted();
      const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, position);
      isLast = bytesRead === 0;
      if (position === 0 && buffer.subarray(0, bytesRead).indexOf(BOM) === 0) buffer.fill(0x20, 0, BOM.length);
      position += bytesRead;
      filled += bytesRead;
      onBytes(position);
      const used = tokenizer.tokenize(buffer, filled, isLast, observe);
      buffer.copyWithin(0, used, filled);
      filled -= used;
      if (filled === buffer.length) buffer = enlarged(buffer, tokenizer.line);
    }
  } finally {
    await file.close();
  }
  return { breaks: tokenizer.breaks };
}

function enlarged(buffer: Buffer, line: number): Buffer<ArrayBuffer> {
  if (buffer.length >= MAX_RECORD_BYTES) {
    const message = `The record that begins in line ${line} is longer than ${MAX_RECORD_BYTES} bytes; a closing quote may be missing.`;
    throw new ReportRejection('record_too_long', message, { line, max_bytes: MAX_RECORD_BYTES });
  }
  const larger = Buffer.allocUnsafe(buffer.length * 2);
  buffer.copy(larger);
  return larger;
}
