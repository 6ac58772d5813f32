import { MOST_MS } from './client-options.ts';
import { JoblineAbortError, JoblineClientError } from './errors.ts';
import { onAbort } from './on-abort.ts';

/** What ends a piece of work early. */
export interface Deadline {
  readonly signal?: AbortSignal | undefined;
  /** 0: none. */
  readonly timeoutMs: number;
  /** What to fail with when the time is over. */
  late(): JoblineClientError;
}

/** The reason of an aborted signal as an error of ours. */
export function abortErrorOf({ reason }: AbortSignal): JoblineClientError {
  return reason instanceof JoblineClientError ? reason : new JoblineAbortError(reason);
}

/**
 * Runs work under a signal that is aborted with the caller's or when the time is over. Not AbortSignal.any and .timeout: these
 * leave timers and signals behind for each of thousands of calls.
 * @throws JoblineAbortError, what `late` gives, or what the work throws.
 */
export async function withDeadline<T>({ signal, timeoutMs, late }: Deadline, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  if (signal?.aborted) throw abortErrorOf(signal);
  const own = new AbortController();
  const leave = signal && onAbort(signal, () => own.abort(abortErrorOf(signal)));
  const timer = timeoutMs > 0 ? setTimeout(() => own.abort(late()), timeoutMs) : undefined;
  try {
    return await work(own.signal);
  } catch (error) {
    throw own.signal.aborted ? own.signal.reason : error;
  } finally {
    clearTimeout(timer);
    leave?.();
  }
}

/** Waits. @throws JoblineAbortError, or the signal's reason where that is an error of ours */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) throw abortErrorOf(signal);
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(
      () => {
        leave?.();
        resolve();
      },
      Math.min(ms, MOST_MS),
    );
    const leave =
      signal &&
      onAbort(signal, () => {
        clearTimeout(timer);
        reject(abortErrorOf(signal));
      });
  });
}
