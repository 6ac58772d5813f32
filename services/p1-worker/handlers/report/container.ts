import { ReportRejection } from './rejection.ts';

/** What the first bytes say a file is. `text`: nothing known, so text of some kind. */
export type Container = 'gzip' | 'parquet' | 'text';

const MAGIC: readonly { readonly bytes: readonly number[]; readonly name: string }[] = [
  { bytes: [0x50, 0x4b, 0x03, 0x04], name: 'a ZIP archive or an Excel workbook (XLSX)' },
  { bytes: [0x50, 0x4b, 0x05, 0x06], name: 'an empty ZIP archive' },
  { bytes: [0xd0, 0xcf, 0x11, 0xe0], name: 'an old Excel workbook (XLS) or another OLE file' },
  { bytes: [0x28, 0xb5, 0x2f, 0xfd], name: 'a Zstandard archive' },
  { bytes: [0x42, 0x5a, 0x68], name: 'a bzip2 archive' },
  { bytes: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], name: 'an xz archive' },
  { bytes: [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], name: 'a 7z archive' },
  { bytes: [0x04, 0x22, 0x4d, 0x18], name: 'an LZ4 archive' },
  { bytes: [0x25, 0x50, 0x44, 0x46, 0x2d], name: 'a PDF' },
  { bytes: [0x89, 0x50, 0x4e, 0x47], name: 'a PNG picture' },
  { bytes: [0xff, 0xd8, 0xff], name: 'a JPEG picture' },
  { bytes: [0x47, 0x49, 0x46, 0x38], name: 'a GIF picture' },
  { bytes: [0x41, 0x52, 0x52, 0x4f, 0x57, 0x31], name: 'an Arrow file' },
  { bytes: [0x4f, 0x62, 0x6a, 0x01], name: 'an Avro file' },
  { bytes: [0x4f, 0x52, 0x43], name: 'an ORC file' },
  { bytes: [0x53, 0x51, 0x4c, 0x69, 0x74, 0x65, 0x20, 0x66], name: 'an SQLite database' },
  { bytes: [0x7f, 0x45, 0x4c, 0x46], name: 'a program' },
];

const startsWith = (head: Buffer, bytes: readonly number[]) => bytes.every((byte, index) => head[index] === byte);

/**
 * Tells gzip, Parquet and text apart by the first bytes.
 * @throws ReportRejection `unsupported_format` for a known format that holds no table we read, naming it.
 */
export function detectContainer(head: Buffer): Container {
  if (startsWith(head, [0x1f, 0x8b])) return 'gzip';
  if (startsWith(head, [0x50, 0x41, 0x52, 0x31])) return 'parquet';
  if (startsWith(head, [0x50, 0x41, 0x52, 0x45])) throw new ReportRejection('unsupported_format', 'The Parquet file is encrypted.');
  const known = MAGIC.find(({ bytes }) => startsWith(head, bytes) && !isWordOfText(bytes, head));
  if (!known) return 'text';
  throw unsupported(known.name);
}

/**
 * Documents that are text but no table: a login page in place of the data is the common case.
 * @throws ReportRejection `unsupported_format`.
 */
export function refuseMarkup(head: Buffer): void {
  const known = MARKUP.find(({ pattern }) => pattern.test(head.subarray(0, 1_024).toString('latin1').trimStart()));
  if (known) throw unsupported(known.name);
}

const MARKUP: readonly { readonly pattern: RegExp; readonly name: string }[] = [
  { pattern: /^(?:<!--.*?-->\s*)?<(?:!doctype\s+html|html|head|body)\b/is, name: 'an HTML page' },
  { pattern: /^<(?:\?xml\s|!doctype\s|svg\b|rss\b)/i, name: 'an XML document' },
  { pattern: /^\{\\rtf/, name: 'an RTF document' },
];

function unsupported(name: string): ReportRejection {
  const message = `The file is ${name}; allowed are CSV, TSV, NDJSON, JSON and Parquet, each also compressed by gzip.`;
  return new ReportRejection('unsupported_format', message);
}

/** `ORC`, `BZh` and `GIF8` may also begin a header line: then the rest of the head is text without control characters. */
function isWordOfText(bytes: readonly number[], head: Buffer): boolean {
  const isWord = /^\w+$/.test(String.fromCharCode(...bytes));
  return isWord && !head.subarray(0, 512).some((byte) => byte < 0x09 || (byte > 0x0d && byte < 0x20));
}
