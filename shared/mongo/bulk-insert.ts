import {
  type BulkWriteOptions,
  type Collection,
  type Document,
  MongoBulkWriteError,
  type OptionalUnlessRequiredId,
  type WriteError,
} from 'mongodb';
import { StoreUnavailableError } from '../domain/failures.ts';
import { inTime, type Within } from './in-time.ts';
import { isPassingCode, toStoreError } from './store-errors.ts';

const DUPLICATE_KEY = 11_000;

/** True for the error of a document whose key is taken. */
export function isDuplicateKey(error: unknown): boolean {
  return (error as { readonly code?: unknown }).code === DUPLICATE_KEY;
}

/** Runs an unordered insertMany. @returns errors by position. @throws StoreUnavailableError when it is not known what became of the whole. */
export async function insertErrors(insert: (within: Within) => Promise<unknown>): Promise<ReadonlyMap<number, WriteError>> {
  try {
    await inTime(insert);
    return new Map();
  } catch (error) {
    if (!(error instanceof MongoBulkWriteError) || error.result?.getWriteConcernError()) throw toStoreError(error);
    const list = [error.writeErrors].flat();
    if (list.length === 0) throw toStoreError(error);
    return new Map(list.map((one) => [one.index, one]));
  }
}

/** Why a document was not stored. A server that is stopping interrupts single items. @param what e.g. `The job`. */
export function refusalOf(what: string, { code, errmsg }: WriteError): Error {
  const why = `${what} was not stored: ${errmsg ?? code}`;
  return isPassingCode(code) ? new StoreUnavailableError(why) : new Error(why);
}

/**
 * Inserts what is not there yet: an earlier try, whose answer was lost, may have inserted some. @param what e.g. `The job`.
 * @returns positions of those that were there. @throws StoreUnavailableError; Error for one that is refused.
 */
export async function insertMissing<T extends Document>(
  collection: Collection<T>,
  documents: readonly T[],
  what: string,
  options: Pick<BulkWriteOptions, 'writeConcern'> = {},
): Promise<ReadonlySet<number>> {
  if (documents.length === 0) return new Set();
  const all = documents as readonly OptionalUnlessRequiredId<T>[];
  const errors = await insertErrors((within) => collection.insertMany(all, { ordered: false, ...options, ...within }));
  for (const error of errors.values()) if (!isDuplicateKey(error)) throw refusalOf(what, error);
  return new Set(errors.keys());
}
