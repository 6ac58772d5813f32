import { join } from 'node:path';
import { counted } from './counted.ts';
import { readHead } from './file-blocks.ts';
import { ReportRejection } from './rejection.ts';
import type { ReportContext } from './report-context.ts';
import { encodingByMark, encodingBySurvey, type TextEncoding, unmarkedUtf16 } from './text-encoding.ts';
import { transcodeFile } from './transcode.ts';
import { surveyUtf8 } from './utf8-survey.ts';

const HEAD_BYTES = 65_536;

/** A text file that can be read as UTF-8. */
export interface TextFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** IANA name of the encoding that the source had. */
  readonly encoding: string;
  /** Bytes of the byte order mark that is still there. */
  readonly bomBytes: number;
}

/**
 * Finds out the encoding of a file and makes it readable as UTF-8; a file that is UTF-8 already is not copied.
 * @throws ReportRejection `binary_content`, `encoding_unknown`.
 */
export async function openText(
  path: string,
  sizeBytes: number,
  context: ReportContext,
  onProgress: (fraction: number) => void,
): Promise<TextFile> {
  const encoding = await detectEncoding(path, sizeBytes, context.signal, (bytes) => onProgress((bytes / sizeBytes) * 0.5));
  if (encoding.decoder === undefined) return { path, sizeBytes, encoding: 'utf-8', bomBytes: encoding.bomBytes };
  const target = join(context.workDir, 'utf8');
  const replaced = await transcodeFile(path, target, encoding, context.signal, (bytes) => onProgress(0.5 + (bytes / sizeBytes) * 0.5));
  if (encoding.isGuess && encoding.label !== 'utf-8')
    context.warnings.add(`The file is not UTF-8 and does not say its encoding; it was read as ${encoding.label}.`);
  if (replaced > 0) context.warnings.add(`${counted(replaced, 'character')} not valid in ${encoding.label} shown as � in the report.`);
  return { path: target, sizeBytes, encoding: encoding.label, bomBytes: 0 };
}

async function detectEncoding(
  path: string,
  sizeBytes: number,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<TextEncoding> {
  const head = await readHead(path, HEAD_BYTES);
  const marked = encodingByMark(head);
  if (marked?.decoder !== undefined) return marked;
  if (head.includes(0)) {
    const utf16 = unmarkedUtf16(head, sizeBytes);
    if (utf16) return utf16;
  }
  const found = encodingBySurvey(await surveyUtf8(path, signal, onBytes));
  return { ...found, bomBytes: marked?.bomBytes ?? 0 };
}

/** @throws ReportRejection `empty_file` for a file of white space only. */
export async function requireContent(file: TextFile): Promise<Buffer> {
  const head = (await readHead(file.path, HEAD_BYTES)).subarray(file.bomBytes);
  if (head.length < HEAD_BYTES - file.bomBytes && head.toString('utf8').trim() === '') {
    throw new ReportRejection('empty_file', 'The file is empty: it holds nothing but white space.');
  }
  return head;
}
