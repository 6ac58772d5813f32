import { type ApiConnection, type ApiRequest, pathSegment } from './api-connection.ts';
import type { CallOptions } from './client-options.ts';
import { abortErrorOf, pause, withDeadline } from './deadline.ts';
import { JoblineClientError, JoblineNetworkError, JoblineTimeoutError } from './errors.ts';
import { isRetryable, retryDelayMs, retrying } from './retrying.ts';

/** Options of `download`. The signal counts until the last byte. */
export interface DownloadOptions extends CallOptions {
  /** Where two stages made a file of this name: whose. Default: the latest. */
  readonly stage?: string;
}

/** A file on its way. */
export interface Download {
  readonly media_type: string;
  /** Undefined where something between the API and here hides it. */
  readonly size_bytes: number | undefined;
  /** Hex; undefined as above. */
  readonly sha256: string | undefined;
  /** Ends with an error where the file could not be had whole. Read it, or cancel it. */
  readonly body: ReadableStream<Uint8Array>;
}

const PARTIAL = 206;

/** The bytes of a file; goes on where it was cut off, as long as the file is the same. */
class ResumingBytes {
  readonly #connection: ApiConnection;
  readonly #request: ApiRequest;
  readonly #signal: AbortSignal | undefined;
  #over = new AbortController();
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #tag: string | undefined;
  #size: number | undefined;
  #offset = 0;
  /** In a row, without a byte between. */
  #failures = 0;
  #isCanceled = false;

  constructor(connection: ApiConnection, request: ApiRequest, signal: AbortSignal | undefined) {
    this.#connection = connection;
    this.#request = request;
    this.#signal = signal;
  }

  async open(): Promise<Download> {
    const response = await retrying(this.#connection.settings.retry, this.#signal, () => this.#send(this.#request));
    const { headers } = response;
    this.#tag = headers.get('etag') ?? undefined;
    // Of an encoded body it counts other bytes.
    const length = headers.has('content-encoding') ? null : headers.get('content-length');
    this.#size = length === null ? undefined : Number(length);
    this.#reader = response.body!.getReader();
    return {
      media_type: headers.get('content-type') ?? 'application/octet-stream',
      size_bytes: this.#size,
      sha256: /^"([0-9a-f]{64})"$/.exec(this.#tag ?? '')?.[1],
      body: new ReadableStream({ pull: (to) => this.#pull(to), cancel: () => this.#cancel() }, { highWaterMark: 0 }),
    };
  }

  /** Resolves with the headers; the body stays open after it. */
  #send(request: ApiRequest): Promise<Response> {
    const over = new AbortController();
    this.#over = over;
    return this.#inTime((signal) => {
      signal.addEventListener('abort', () => over.abort(), { once: true });
      return this.#connection.send(request, over.signal);
    });
  }

  async #pull(to: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    for (;;) {
      try {
        const chunk = await this.#read();
        if (chunk) to.enqueue(chunk);
        else to.close();
        return;
      } catch (error) {
        await this.#goOnAfter(error);
      }
    }
  }

  /** The next bytes; undefined at the end of the file. */
  async #read(): Promise<Uint8Array | undefined> {
    const over = this.#over;
    const { done, value } = await this.#inTime((signal) => {
      signal.addEventListener('abort', () => over.abort(), { once: true });
      return this.#reader!.read();
    });
    if (done && this.#offset !== (this.#size ?? this.#offset)) throw new Error('the body is shorter than its Content-Length');
    if (done) return undefined;
    this.#offset += value.byteLength;
    this.#failures = 0;
    return value;
  }

  #cancel(): void {
    this.#isCanceled = true;
    this.#over.abort();
  }

  #inTime<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { timeoutMs } = this.#connection.settings;
    const late = () => new JoblineTimeoutError(`${this.#request.method} ${this.#request.path}: the next bytes`, timeoutMs);
    return withDeadline({ signal: this.#signal, timeoutMs, late }, work);
  }

  /** Resolves when the rest of the file is coming. @throws what the download ends with */
  async #goOnAfter(error: unknown): Promise<void> {
    this.#over.abort();
    if (this.#signal?.aborted) throw abortErrorOf(this.#signal);
    const failure = error instanceof JoblineClientError ? error : this.#cutOff(error);
    this.#failures += 1;
    const delayMs = isRetryable(failure) ? retryDelayMs(this.#connection.settings.retry, this.#failures) : undefined;
    if (delayMs === undefined || this.#tag === undefined || this.#isCanceled) throw failure;
    await pause(delayMs, this.#signal);
    if (this.#isCanceled) throw failure;
    const headers = { ...this.#request.headers, range: `bytes=${this.#offset}-`, 'if-range': this.#tag };
    const request = { ...this.#request, headers };
    const response = await this.#send(request).catch((again: unknown) => again as JoblineClientError);
    if (response instanceof Error) return this.#goOnAfter(response);
    this.#checkRest(response);
    this.#reader = response.body!.getReader();
  }

  #checkRest({ status, headers }: Response): void {
    const isRest = status === PARTIAL && (headers.get('content-range') ?? `bytes ${this.#offset}-`).startsWith(`bytes ${this.#offset}-`);
    if (isRest) return;
    this.#over.abort();
    throw this.#cutOff(new Error('its rest cannot be had: the server begins anew'));
  }

  #cutOff(cause: unknown): JoblineNetworkError {
    const of = this.#size === undefined ? '' : ` of ${this.#size}`;
    const why = cause instanceof Error ? cause.message : String(cause);
    return new JoblineNetworkError(`${this.#request.path} was cut off after ${this.#offset}${of} bytes: ${why}`, { cause });
  }
}

/** Resolves when the file is coming. @throws JoblineProblem output_not_found, among others */
export function startDownload(connection: ApiConnection, jobId: string, name: string, options: DownloadOptions): Promise<Download> {
  const { stage, signal } = options;
  const query = stage === undefined ? '' : `?stage=${encodeURIComponent(stage)}`;
  const path = `/v1/jobs/${pathSegment('jobId', jobId)}/outputs/${pathSegment('name', name)}${query}`;
  // Bytes that are packed on their way cannot be counted; browsers, which choose by themselves, leave this header out.
  const request: ApiRequest = { method: 'GET', path, headers: { 'accept-encoding': 'identity' } };
  return new ResumingBytes(connection, request, signal).open();
}
