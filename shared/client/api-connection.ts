import type { Problem } from './api-types.ts';
import type { Settings } from './client-options.ts';
import { withDeadline } from './deadline.ts';
import { JoblineClientError, JoblineNetworkError, JoblineProblem, JoblineTimeoutError, UNEXPECTED_ANSWER } from './errors.ts';
import { retryAfterMsOf, retrying } from './retrying.ts';

/** One request; `path` has its query and is encoded. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: NonNullable<RequestInit['body']>;
}

/** What ends one attempt. */
export interface AttemptOptions {
  readonly signal?: AbortSignal | undefined;
  /** Default: that of the client. */
  readonly timeoutMs?: number;
}

const MOST_SHOWN = 200;
const NOT_MODIFIED = 304;

/** One part of a path. @throws TypeError for what a URL would leave out, or go up by */
export function pathSegment(name: string, value: string): string {
  if (value !== '' && value !== '.' && value !== '..') return encodeURIComponent(value);
  throw new TypeError(`${name} is ${JSON.stringify(value)}; it must be the name of something.`);
}

/** The requests of a client: sends them, repeats them, and turns what goes wrong into errors of ours. */
export class ApiConnection {
  readonly settings: Settings;

  constructor(settings: Settings) {
    this.settings = settings;
  }

  /** Repeats the request until it is answered, as the settings say. @param read is given the answer, a 2xx or 304. */
  call<T>(request: ApiRequest, read: (response: Response) => Promise<T>, options: AttemptOptions = {}): Promise<T> {
    return retrying(this.settings.retry, options.signal, () => this.attempt(request, read, options));
  }

  /** Sends the request once; the time runs until `read` has ended. @throws any JoblineClientError */
  attempt<T>(request: ApiRequest, read: (response: Response) => Promise<T>, options: AttemptOptions = {}): Promise<T> {
    const { signal, timeoutMs = this.settings.timeoutMs } = options;
    const late = () => new JoblineTimeoutError(nameOf(request), timeoutMs);
    return withDeadline({ signal, timeoutMs, late }, async (own) => {
      const response = await this.send(request, own);
      return read(response).catch((error: unknown) => {
        throw error instanceof JoblineClientError ? error : networkError(request, error);
      });
    });
  }

  /** Resolves when the headers of an answer have come, a 2xx or 304. @throws JoblineProblem, JoblineNetworkError */
  async send(request: ApiRequest, signal: AbortSignal): Promise<Response> {
    const { method, path, body } = request;
    const headers = new Headers(this.settings.headers);
    for (const [name, value] of Object.entries(request.headers ?? {})) headers.set(name, value);
    // The API never leads elsewhere, and a POST that is led elsewhere becomes a GET.
    const init = { method, headers, signal, redirect: 'manual', ...(body !== undefined && { body, duplex: 'half' }) } as const;
    let response: Response;
    try {
      response = await this.settings.fetch(this.settings.baseUrl + path, init as RequestInit);
      if (response.ok || response.status === NOT_MODIFIED) return response;
    } catch (error) {
      throw networkError(request, error);
    }
    throw await problemOf(request, response);
  }
}

const nameOf = ({ method, path }: ApiRequest) => `${method} ${path}`;

function networkError(request: ApiRequest, cause: unknown): JoblineNetworkError {
  // `fetch failed` says nothing: what the connection met is its cause.
  const { message } = (cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause) as Error;
  return new JoblineNetworkError(`${nameOf(request)}: no whole answer: ${message}`, { cause });
}

async function problemOf(request: ApiRequest, response: Response): Promise<JoblineProblem> {
  const text = await response.text().catch(() => '');
  const problem = parsed(text) as Partial<Problem> | undefined;
  const isOurs = typeof problem?.code === 'string' && typeof problem.title === 'string';
  const document = isOurs ? (problem as Problem) : unexpected(response, text);
  return new JoblineProblem(nameOf(request), { ...document, status: response.status }, retryAfterMsOf(response.headers));
}

function unexpected({ status, headers }: Response, text: string): Problem {
  const location = headers.get('location');
  const said = location === null ? text.slice(0, MOST_SHOWN) : `a redirection to ${location}`;
  const detail = `This is no answer of Jobline's API; is baseUrl right? It begins: ${said || '(empty)'}`;
  return { type: 'about:blank', title: 'Unexpected answer', status, detail, code: UNEXPECTED_ANSWER, trace_id: '' };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Reads an answer of JSON, as what the API says it is. @throws JoblineProblem unexpected_answer when it is none */
export function readJson<T>(request: ApiRequest): (response: Response) => Promise<T> {
  return async (response) => {
    const text = await response.text();
    const value = parsed(text);
    if (typeof value === 'object' && value !== null) return value as T;
    throw unexpectedAnswer(request, response, text);
  };
}

/** A success that the API would not answer so. */
export function unexpectedAnswer(request: ApiRequest, response: Response, text: string): JoblineProblem {
  return new JoblineProblem(nameOf(request), unexpected(response, text));
}
