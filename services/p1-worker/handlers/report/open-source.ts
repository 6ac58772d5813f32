import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import type { StageTask, TaskFile } from '../../../../shared/ports/stage-handler.ts';
import { type Container, detectContainer } from './container.ts';
import { readHead } from './file-blocks.ts';
import { gunzipFile } from './gunzip.ts';
import { ReportRejection } from './rejection.ts';
import type { ReportContext } from './report-context.ts';

const HEAD_BYTES = 4_096;

/** The bytes to read, unpacked. */
export interface SourceFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly container: Exclude<Container, 'gzip'>;
  readonly compression: 'gzip' | null;
  /** Rows that came with the request, one JSON object a line. */
  readonly isInline: boolean;
  /** What the client called it and said it is; hints only. */
  readonly name: string;
  readonly mediaType: string;
  /** Size as given, before unpacking. */
  readonly givenBytes: number;
}

/**
 * Finds the job's input: its upload, unpacked where it is gzip, or the inline rows, written to a file.
 * @throws ReportRejection `input_missing`, `empty_file`, `unsupported_format`, `gzip_malformed`, `archive_too_large`.
 */
export async function openSource(task: StageTask, context: ReportContext): Promise<SourceFile> {
  const upload = task.files.find(({ name }) => name === 'upload');
  if (upload) return await openUpload(upload, context);
  const rows = (task.input as { rows?: unknown } | null)?.rows;
  if (!Array.isArray(rows)) throw new ReportRejection('input_missing', 'The job has neither an upload nor inline rows.');
  return await writeInlineRows(rows, context);
}

async function openUpload(upload: TaskFile, context: ReportContext): Promise<SourceFile> {
  const { size } = await stat(upload.path);
  const given = { name: upload.originalName ?? 'upload', mediaType: upload.mediaType, givenBytes: size, isInline: false };
  if (size === 0) throw new ReportRejection('empty_file', 'The file is empty (0 bytes).');
  const container = detectContainer(await readHead(upload.path, HEAD_BYTES));
  if (container !== 'gzip') return { ...given, path: upload.path, sizeBytes: size, container, compression: null };
  const path = join(context.workDir, 'unpacked');
  const onProgress = context.meter.phase(0, 0.04);
  await gunzipFile(upload.path, path, context.signal, (bytes) => onProgress(bytes / size));
  const unpacked = await stat(path);
  if (unpacked.size === 0) throw new ReportRejection('empty_file', 'The gzip file holds an empty file (0 bytes).');
  const inner = detectContainer(await readHead(path, HEAD_BYTES));
  if (inner === 'gzip') throw new ReportRejection('unsupported_format', 'The gzip file holds another gzip file; pack the data once.');
  return { ...given, path, sizeBytes: unpacked.size, container: inner, compression: 'gzip' };
}

async function writeInlineRows(rows: readonly unknown[], context: ReportContext): Promise<SourceFile> {
  if (rows.length === 0) throw new ReportRejection('empty_file', 'The input has no rows.');
  const path = join(context.workDir, 'inline.ndjson');
  const out = createWriteStream(path);
  const done = finished(out);
  for (const row of rows) if (!out.write(`${JSON.stringify(row)}\n`)) await once(out, 'drain');
  out.end();
  await done;
  const { size } = await stat(path);
  return {
    name: 'inline rows',
    mediaType: '',
    givenBytes: size,
    isInline: true,
    path,
    sizeBytes: size,
    container: 'text',
    compression: null,
  };
}
