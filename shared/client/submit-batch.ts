import type { ApiConnection } from './api-connection.ts';
import type { BatchResult } from './api-types.ts';
import { type BatchLine, batchChunks, type ChunkSource, type JobSource } from './batch-chunks.ts';
import { sendBatch } from './batch-request.ts';
import { type CallOptions, checkWhole } from './client-options.ts';
import { abortErrorOf } from './deadline.ts';
import { newKey } from './idempotency-key.ts';
import { onAbort } from './on-abort.ts';

/** Options of `submitBatch`. */
export interface BatchOptions extends CallOptions {
  /** 1 to 10,000. Default 500: more in one request gains nothing. */
  readonly jobsPerRequest?: number;
  /** 1 to 16, which is what a gateway receives at once. Default 4. */
  readonly requestsInFlight?: number;
}

/** A request never grows far beyond this; a job that is larger goes alone. */
const MAX_CHARS = 1_048_576;
const LINGER_MS = 5;

/** What may come next: jobs to send, or the results of the oldest request. */
type Coming = { readonly chunk: IteratorResult<readonly BatchLine[]> } | { readonly results: readonly BatchResult[] };

/** The requests of one batch that are under way, and what comes next. */
class BatchFlow {
  readonly #source: ChunkSource;
  readonly #mostInFlight: number;
  readonly #send: (lines: readonly BatchLine[]) => Promise<readonly BatchResult[]>;
  readonly #flights: Promise<Coming>[] = [];
  #chunk: Promise<Coming> | undefined;
  #failure: { readonly of: unknown } | undefined;
  #hasEnded = false;

  constructor(source: ChunkSource, mostInFlight: number, send: (lines: readonly BatchLine[]) => Promise<readonly BatchResult[]>) {
    this.#source = source;
    this.#mostInFlight = mostInFlight;
    this.#send = send;
  }

  /** The results of the next request, in order; undefined at the end. @throws the failure of the request, then of the source */
  async next(aborted: Promise<never>): Promise<readonly BatchResult[] | undefined> {
    for (;;) {
      const coming = [this.#wanted(), this.#flights[0]].filter((one) => one !== undefined);
      if (coming.length === 0) break;
      const come = await Promise.race([aborted, ...coming]);
      if ('results' in come) {
        void this.#flights.shift();
        return come.results;
      }
      this.#take(come.chunk);
    }
    if (this.#failure) throw this.#failure.of;
    return undefined;
  }

  /** The next jobs, asked for where there is room for them. */
  #wanted(): Promise<Coming> | undefined {
    if (this.#hasEnded || this.#flights.length >= this.#mostInFlight) return undefined;
    this.#chunk ??= this.#source
      .next()
      .catch((error: unknown) => {
        this.#failure = { of: error };
        return { done: true, value: undefined } as const;
      })
      .then((chunk) => ({ chunk }));
    return this.#chunk;
  }

  #take({ done, value }: IteratorResult<readonly BatchLine[]>): void {
    this.#chunk = undefined;
    if (done) this.#hasEnded = true;
    else if (value.length > 0) this.#flights.push(handled(this.#send(value).then((results) => ({ results }))));
  }
}

/** The same promise: a failure of it is heard of when its turn comes, and is none if that never does. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

/** Submits jobs in requests of some hundred, several at once; yields a result for each job, in order. */
export async function* submitAll(connection: ApiConnection, jobs: JobSource, options: BatchOptions): AsyncGenerator<BatchResult, void> {
  const { signal, jobsPerRequest = 500, requestsInFlight = 4 } = options;
  const maxJobs = checkWhole('jobsPerRequest', jobsPerRequest, 1, 10_000);
  const mostInFlight = checkWhole('requestsInFlight', requestsInFlight, 1, 16);
  if (signal?.aborted) throw abortErrorOf(signal);
  const over = new AbortController();
  const source = batchChunks(jobs, { maxJobs, maxChars: MAX_CHARS, lingerMs: LINGER_MS }, newKey());
  const flow = new BatchFlow(source, mostInFlight, (lines) => sendBatch(connection, lines, over.signal));
  let leave: (() => void) | undefined;
  const aborted = handled(
    new Promise<never>((_, reject) => {
      leave = signal && onAbort(signal, () => reject(abortErrorOf(signal)));
    }),
  );
  try {
    for (let results = await flow.next(aborted); results; results = await flow.next(aborted)) yield* results;
  } finally {
    leave?.();
    // The caller has had enough, or a request has failed: the others are of no use to anybody.
    over.abort();
    source.close();
  }
}
