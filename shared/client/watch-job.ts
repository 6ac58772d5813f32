import { type ApiConnection, type ApiRequest, unexpectedAnswer } from './api-connection.ts';
import type { JobEvent, JobState } from './api-types.ts';
import type { CallOptions } from './client-options.ts';
import { abortErrorOf, pause, withDeadline } from './deadline.ts';
import { JoblineClientError, JoblineNetworkError, JoblineProblem, JoblineTimeoutError } from './errors.ts';
import { EventLines } from './event-lines.ts';
import { isRetryable, retryDelayMs } from './retrying.ts';
import { jobRequest } from './wait-for-end.ts';

/** Options of `watch`. */
export interface WatchOptions extends CallOptions {
  /** `event_id` of the last event that you have had: told is what came after it. */
  readonly after?: string;
}

const EVENTS_TYPE = 'text/event-stream';
/** Until the server says otherwise. */
const RETRY_MS = 2_000;
/** A comment comes each 10 s: without one for so long, the connection is dead. */
const LEAST_SILENCE_MS = 25_000;
const NO_CONTENT = 204;
const ENDED: ReadonlySet<string> = new Set(['COMPLETED', 'FAILED', 'CANCELED', 'EXPIRED']);

/** The events of one job over as many connections as it takes. */
class JobWatch {
  readonly #connection: ApiConnection;
  readonly #path: string;
  readonly #signal: AbortSignal | undefined;
  #after: string | undefined;
  #retryMs = RETRY_MS;
  /** Connections in a row that did not come about. */
  #failures = 0;

  constructor(connection: ApiConnection, jobId: string, { after, signal }: WatchOptions) {
    this.#connection = connection;
    this.#path = `${jobRequest(jobId).path}/events`;
    this.#signal = signal;
    this.#after = after;
  }

  async *events(): AsyncGenerator<JobEvent, void> {
    for (;;) {
      const over = new AbortController();
      try {
        const response = await this.#open(over);
        if (response.status === NO_CONTENT) return;
        for await (const event of this.#read(response, over)) {
          yield event;
          if (ENDED.has(event.status)) return;
        }
        await pause(this.#retryMs, this.#signal);
      } catch (error) {
        await this.#rest(error);
      } finally {
        over.abort();
      }
    }
  }

  async #open(over: AbortController): Promise<Response> {
    const seen: Record<string, string> = this.#after === undefined ? {} : { 'last-event-id': this.#after };
    const request: ApiRequest = { method: 'GET', path: this.#path, headers: { accept: EVENTS_TYPE, ...seen } };
    const response = await this.#inTime(over, this.#connection.settings.timeoutMs, () => this.#connection.send(request, over.signal));
    const isStream = response.headers.get('content-type')?.startsWith(EVENTS_TYPE);
    if (response.status !== NO_CONTENT && !isStream) throw unexpectedAnswer(request, response, await response.text());
    this.#failures = 0;
    return response;
  }

  async *#read(response: Response, over: AbortController): AsyncGenerator<JobEvent, void> {
    const { timeoutMs } = this.#connection.settings;
    const silenceMs = timeoutMs === 0 ? 0 : Math.max(timeoutMs, LEAST_SILENCE_MS);
    const reader = response.body!.getReader();
    const [decoder, lines] = [new TextDecoder(), new EventLines()];
    for (;;) {
      const { done, value } = await this.#inTime(over, silenceMs, () => reader.read());
      if (done) return;
      const events = lines.take(decoder.decode(value, { stream: true }));
      this.#retryMs = lines.retryMs ?? this.#retryMs;
      for (const { id, data } of events) {
        // A server that does not know the id tells where the job is now: that may be what was told already.
        if (id === undefined || id === this.#after) continue;
        this.#after = id;
        yield { event_id: id, ...(JSON.parse(data) as JobState) };
      }
    }
  }

  #inTime<T>(over: AbortController, timeoutMs: number, work: () => Promise<T>): Promise<T> {
    const late = () => new JoblineTimeoutError(`GET ${this.#path}: the next bytes`, timeoutMs);
    return withDeadline({ signal: this.#signal, timeoutMs, late }, (signal) => {
      signal.addEventListener('abort', () => over.abort(signal.reason), { once: true });
      return work();
    });
  }

  /** Waits before the next connection. @throws what the watch ends with */
  async #rest(error: unknown): Promise<void> {
    if (this.#signal?.aborted) throw abortErrorOf(this.#signal);
    const why = error instanceof Error ? error.message : String(error);
    const failure = error instanceof JoblineClientError ? error : new JoblineNetworkError(`GET ${this.#path}: ${why}`, { cause: error });
    this.#failures += 1;
    const asked = failure instanceof JoblineProblem ? failure.retryAfterMs : undefined;
    const delayMs = isRetryable(failure) ? retryDelayMs(this.#connection.settings.retry, this.#failures, asked) : undefined;
    if (delayMs === undefined) throw failure;
    await pause(delayMs, this.#signal);
  }
}

/** Yields where the job is and every change until it has ended; comes back by itself, without gap or repeat. */
export async function* watchJob(connection: ApiConnection, jobId: string, options: WatchOptions): AsyncGenerator<JobEvent, void> {
  if (options.signal?.aborted) throw abortErrorOf(options.signal);
  yield* new JobWatch(connection, jobId, options).events();
}
