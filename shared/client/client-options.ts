/** How often a request is repeated after a network error, a timeout, and the answers 429, 502, 503 and 504. */
export interface RetrySettings {
  /** Including the first. From 1, which means no repeat. Default 6. */
  readonly attempts: number;
  /** Before the first repeat; doubled before each further one, less up to half of it at random. Default 250 ms. */
  readonly baseDelayMs: number;
  /** Default 10,000 ms. */
  readonly maxDelayMs: number;
  /** A server that asks by Retry-After to wait for longer is not asked again. Default 60,000 ms. */
  readonly maxRetryAfterMs: number;
}

/** How to reach the API. */
export interface JoblineClientOptions {
  /** Of the API (PORT), e.g. http://127.0.0.1:8080; may have a path. */
  readonly baseUrl: string;
  /** Sent with every request, e.g. for a proxy that authenticates. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Instead of the platform's own. */
  readonly fetch?: typeof globalThis.fetch;
  readonly retry?: Partial<RetrySettings>;
  /** Of each attempt; of a download, for each part without a byte. 0: none. Default 30,000 ms. */
  readonly timeoutMs?: number;
}

/** Options of a call. */
export interface CallOptions {
  /** Ends the call, and its repeats, with a JoblineAbortError. */
  readonly signal?: AbortSignal | undefined;
}

/** Options with every default filled in. */
export interface Settings {
  /** Without a slash at the end. */
  readonly baseUrl: string;
  readonly headers: Headers;
  readonly fetch: typeof globalThis.fetch;
  readonly retry: RetrySettings;
  readonly timeoutMs: number;
}

const RETRY: RetrySettings = { attempts: 6, baseDelayMs: 250, maxDelayMs: 10_000, maxRetryAfterMs: 60_000 };
const TIMEOUT_MS = 30_000;
/** More would overflow the platform's timers, which then fire at once. */
export const MOST_MS = 2_147_483_647;

/** A whole number within its bounds. @throws TypeError naming it */
export function checkWhole(name: string, value: number, least: number, most = MOST_MS): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new TypeError(`${name} is ${value}; it must be a whole number from ${least} to ${most}.`);
}

function checkBaseUrl(baseUrl: string): string {
  const refuse = (why: string) => new TypeError(`baseUrl is ${JSON.stringify(baseUrl)}; ${why}.`);
  let url: URL;
  try {
    url = new URL(baseUrl);
  } catch {
    throw refuse('it must be a whole URL, e.g. http://127.0.0.1:8080');
  }
  if (!['http:', 'https:'].includes(url.protocol)) throw refuse('it must begin with http:// or https://');
  if (url.username !== '' || url.password !== '') throw refuse('it must not have a user or a password: use headers');
  if (url.search !== '' || url.hash !== '') throw refuse('it must have neither ? nor #');
  return url.href.replace(/\/+$/, '');
}

/** Checks the options and fills in the defaults. @throws TypeError naming what is wrong and what is allowed */
export function settingsOf({ baseUrl, headers = {}, fetch: given, retry, timeoutMs = TIMEOUT_MS }: JoblineClientOptions): Settings {
  const all = { ...RETRY, ...retry };
  return {
    baseUrl: checkBaseUrl(baseUrl),
    headers: new Headers(headers),
    // Looked up at each call, and called as a function of its own: browsers refuse another `this`.
    fetch: given ?? ((input, init) => globalThis.fetch(input, init)),
    retry: {
      attempts: checkWhole('retry.attempts', all.attempts, 1, 1_000),
      baseDelayMs: checkWhole('retry.baseDelayMs', all.baseDelayMs, 0),
      maxDelayMs: checkWhole('retry.maxDelayMs', all.maxDelayMs, 0),
      maxRetryAfterMs: checkWhole('retry.maxRetryAfterMs', all.maxRetryAfterMs, 0),
    },
    timeoutMs: checkWhole('timeoutMs', timeoutMs, 0),
  };
}
