import { failureKind, isDatabaseError } from './database-failure.ts';
import { parquetRejection } from './load-parquet.ts';
import type { SourceFile } from './open-source.ts';
import { LyingFileError } from './profile-column.ts';
import { ReportRejection } from './rejection.ts';

/** The disk of the worker is full: another attempt, perhaps on another worker, may succeed. */
export class ScratchFullError extends Error {}

/** What a failure while a dataset is processed means; errors that are not the database's stay as they are. */
export function translateFailure(error: unknown, source: SourceFile, memoryMb: number, signal: AbortSignal): unknown {
  if (signal.aborted || error instanceof ReportRejection) return error;
  const kind = failureKind(error);
  if (kind === 'disk') return new ScratchFullError('The scratch disk is full.', { cause: error });
  if (kind === 'memory') {
    const message = `The dataset cannot be processed in the ${memoryMb} MiB that Process 1 may use; leave out columns or split the file.`;
    return new ReportRejection('dataset_too_large', message, { memory_mb: memoryMb });
  }
  return source.container === 'parquet' && (error instanceof LyingFileError || isDatabaseError(error)) ? parquetRejection() : error;
}
