/** What a failed statement means for the job. */
export type FailureKind = 'memory' | 'disk' | 'interrupted' | 'other';

/** Reads the kind of failure from the database's message: it gives nothing else. */
export function failureKind(error: unknown): FailureKind {
  const message = error instanceof Error ? error.message : String(error);
  if (/^INTERRUPT Error/.test(message)) return 'interrupted';
  if (/No space left on device|max_temp_directory_size|ENOSPC/.test(message)) return 'disk';
  return /^(?:Out of Memory Error|Memory Error)|std::bad_alloc|failed to allocate|could not allocate/i.test(message) ? 'memory' : 'other';
}

/** True for an error that the database raised. */
export function isDatabaseError(error: unknown): error is Error {
  return error instanceof Error && /^[A-Z][A-Za-z ]*(?:Error|Exception): /.test(error.message);
}
