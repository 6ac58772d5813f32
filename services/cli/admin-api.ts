import { CliError, UsageError } from './command.ts';

const TIMEOUT_MS = 10_000;

/** An answer of the control plane other than success. */
export class RefusedError extends CliError {
  readonly status: number;
  readonly problem: Readonly<Record<string, unknown>>;

  constructor(what: string, status: number, problem: Readonly<Record<string, unknown>>) {
    super(`${what} was refused: ${status} ${problem['detail'] ?? problem['title'] ?? ''}`.trimEnd() + codeOf(problem));
    this.status = status;
    this.problem = problem;
  }
}

/** The gateway did not answer at all. */
export class AwayError extends CliError {}

function codeOf({ code }: Readonly<Record<string, unknown>>): string {
  return typeof code === 'string' ? ` (${code})` : '';
}

/** The control plane of a gateway over HTTP. */
export class AdminApi {
  readonly #base: string;

  /** @throws UsageError unless it is an http or https URL. */
  constructor(url: string) {
    if (!URL.canParse(url) || !['http:', 'https:'].includes(new URL(url).protocol)) {
      throw new UsageError(`${JSON.stringify(url)} is not the URL of a gateway's control plane, such as http://127.0.0.1:8081.`);
    }
    this.#base = url.replace(/\/+$/, '');
  }

  /** @throws AwayError, RefusedError. */
  async request<T>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<T> {
    const what = `${method} ${path}`;
    const json = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
    const { status, text } = await this.#send(what, path, { method, ...json });
    const parsed = parse(text);
    if (status < 200 || status > 299) throw new RefusedError(what, status, parsed ?? {});
    if (!parsed) throw new CliError(`${what}: ${this.#base} did not answer in JSON. Is it the control plane (ADMIN_PORT) of a gateway?`);
    return parsed as T;
  }

  async #send(what: string, path: string, init: RequestInit): Promise<{ status: number; text: string }> {
    try {
      const response = await fetch(this.#base + path, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
      return { status: response.status, text: await response.text() };
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      const why = cause instanceof Error ? cause.message || String((cause as { code?: string }).code) : String(cause);
      throw new AwayError(`${what}: no answer from ${this.#base}: ${why}. Is the gateway up, and is this its control plane (ADMIN_PORT)?`);
    }
  }
}

function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
