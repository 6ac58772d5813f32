import { MongoBulkWriteError, type WriteError } from 'mongodb';
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
