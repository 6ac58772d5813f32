import { StoreUnavailableError } from '../domain/failures.ts';

/** Longer than any operation takes whose server answers: the slowest of fsck may take 120 s. */
const ANSWER_MS = 150_000;

/** Options for an operation whose command may be larger than 16 KiB: its signal frees the connection, not the caller alone. */
export interface Within {
  readonly signal: AbortSignal;
}

/**
 * Runs an operation of the driver, for at most 150 s. The driver has none of its own for some: while it waits for a full socket to
 * drain it is not told that the socket was closed, and waits for good (docs/decisions.md, "Broker and driver facts").
 * @throws StoreUnavailableError when there is no answer in time; what the operation throws.
 */
export async function inTime<T>(operation: (within: Within) => Promise<T>, withinMs = ANSWER_MS): Promise<T> {
  let stop: AbortController | undefined;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new StoreUnavailableError(`MongoDB did not answer within ${withinMs / 1_000} s`);
      reject(error);
      stop?.abort(error);
    }, withinMs);
  });
  const within = {
    /** Made when it is asked for: most operations are small. */
    get signal() {
      stop ??= new AbortController();
      return stop.signal;
    },
  };
  try {
    return await Promise.race([operation(within), late]);
  } finally {
    clearTimeout(timer);
  }
}
