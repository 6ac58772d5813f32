import {
  MongoBulkWriteError,
  MongoCursorExhaustedError,
  MongoError,
  MongoInvalidArgumentError,
  MongoNetworkError,
  MongoNotConnectedError,
  MongoOperationTimeoutError,
  MongoServerError,
  MongoServerSelectionError,
  MongoTopologyClosedError,
} from 'mongodb';
import { StoreUnavailableError } from '../domain/failures.ts';
import { inTime, type Within } from './in-time.ts';

/**
 * Codes of a server that cannot do it now, or that could not say whether it is durable: 6 HostUnreachable, 7 HostNotFound,
 * 24 LockTimeout, 43 CursorNotFound, 46 LockBusy, 50 MaxTimeMSExpired, 64 WriteConcernFailed, 79 UnknownReplWriteConcern, 89
 * NetworkTimeout, 91 ShutdownInProgress, 100 UnsatisfiableWriteConcern, 112 WriteConflict, 133 FailedToSatisfyReadPreference,
 * 134 ReadConcernMajorityNotAvailableYet, 175 QueryPlanKilled, 189 PrimarySteppedDown, 202
 * NetworkInterfaceExceededTimeLimit, 237 CursorKilled, 262 ExceededTimeLimit, 317 ConnectionPoolExpired, 9001
 * SocketException, 10058 LegacyNotPrimary, 10107 NotWritablePrimary, 11600 InterruptedAtShutdown, 11601 Interrupted, 11602
 * InterruptedDueToReplStateChange, 13435 NotPrimaryNoSecondaryOk, 13436 NotPrimaryOrSecondary. Source: MongoDB manual,
 * "Error Codes".
 */
const PASSING_CODES = new Set([
  6, 7, 24, 43, 46, 50, 64, 79, 89, 91, 100, 112, 133, 134, 175, 189, 202, 237, 262, 317, 9001, 10058, 10107, 11600, 11601, 11602, 13435,
  13436,
]);
const PASSING_LABELS = ['RetryableWriteError', 'NoWritesPerformed', 'PoolRequestedRetry', 'TransientTransactionError'];
/** Faults of ours, never of the server. */
const OWN_FAULTS = [MongoInvalidArgumentError, MongoCursorExhaustedError] as const;

/** Whether an error code of the server, also one of a single item of a bulk write, says that it cannot do it now. */
export function isPassingCode(code: unknown): boolean {
  return PASSING_CODES.has(Number(code));
}

/** A bulk write wraps whatever was thrown and hides its class: without a number for a code and write errors the server said nothing. */
function isWithoutAnswer({ code, writeErrors }: MongoBulkWriteError): boolean {
  return typeof code !== 'number' && [writeErrors].flat().length === 0;
}

/** Errors of sockets that the driver passes on as they are. */
const SOCKET_CODES = new Set([
  'EPIPE',
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

function isSocketError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && SOCKET_CODES.has(String(error.code));
}

function isPassing(error: MongoError): boolean {
  if (OWN_FAULTS.some((fault) => error instanceof fault)) return false;
  if (error instanceof MongoBulkWriteError && (error.result?.getWriteConcernError() || isWithoutAnswer(error))) return true;
  if (error instanceof MongoServerError) {
    return isPassingCode(error.code) || PASSING_LABELS.some((label) => error.hasErrorLabel(label)) || 'writeConcernError' in error;
  }
  return true;
}

/** True when the server cannot be reached, or did not say what became of the operation. */
export function isUnavailable(error: unknown): boolean {
  const kinds = [
    MongoNetworkError,
    MongoServerSelectionError,
    MongoNotConnectedError,
    MongoTopologyClosedError,
    MongoOperationTimeoutError,
  ];
  if (kinds.some((kind) => error instanceof kind)) return true;
  return isSocketError(error) || (error instanceof MongoError && isPassing(error));
}

/** The port's error for one of the driver; anything else is passed on as it is. */
export function toStoreError(error: unknown): unknown {
  if (!isUnavailable(error)) return error;
  return new StoreUnavailableError(`MongoDB did not answer: ${(error as Error).message}`, { cause: error });
}

/** Runs an operation, in time. @throws StoreUnavailableError where the server is away or the outcome unknown. */
export async function storeCall<T>(operation: (within: Within) => Promise<T>): Promise<T> {
  try {
    return await inTime(operation);
  } catch (error) {
    throw toStoreError(error);
  }
}
