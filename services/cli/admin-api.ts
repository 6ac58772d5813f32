import { CliError, ExitCode, exitCodeOf, type OptionValues, type Terminal, UsageError } from './command.ts';
import { runningStack } from './running-stack.ts';

const TIMEOUT_MS = 10_000;
const DEFAULT_URL = 'http://127.0.0.1:8081';

/** Options of every command that asks a control plane. */
export const ADMIN_OPTIONS = { url: { type: 'string' }, json: { type: 'boolean' } } as const;

/** What their help says. */
export const ADMIN_OPTIONS_HELP = `  --json             print the answer of the control plane as JSON
  --url URL          control plane of a gateway; default: JOBLINE_ADMIN_URL,
                     else that of the system that npm start runs in this
                     folder, else ${DEFAULT_URL}
  JOBLINE_API_KEY    (variable) a key with the scope admin, where the gateway
                     asks for keys
`;

/** What most help of these commands goes on with. */
export const ADMIN_EXIT_CODES_HELP = `
Exit code: 0 done, 2 it could not be done, 64 wrong use,
           69 no answer or not now, 77 not allowed.
`;

/** Where the control plane is, as options and variables say, without a slash at the end. */
export function adminUrl(values: OptionValues, { env }: Terminal): string {
  const url = values['url'] ?? (env['JOBLINE_ADMIN_URL'] || runningStack()?.admin || DEFAULT_URL);
  return String(url).replace(/\/+$/, '');
}

/** The control plane that options and variables name. @throws UsageError. */
export function adminApi(values: OptionValues, terminal: Terminal): AdminApi {
  return new AdminApi(adminUrl(values, terminal), terminal.env['JOBLINE_API_KEY'] || undefined);
}

/** An answer of the control plane other than success. */
export class RefusedError extends CliError {
  constructor(what: string, status: number, problem: Readonly<Record<string, unknown>>) {
    const said = `${what} was refused: ${status} ${problem['detail'] ?? problem['title'] ?? ''}`.trimEnd();
    super(said + codeOf(problem) + errorsOf(problem), exitCodeOf(status), { ...problem, status });
  }
}

/** The gateway did not answer at all. */
export class AwayError extends CliError {
  constructor(message: string) {
    super(message, ExitCode.unavailable);
  }
}

function codeOf({ code }: Readonly<Record<string, unknown>>): string {
  return typeof code === 'string' ? ` (${code})` : '';
}

/** What is wrong where. */
function errorsOf({ errors, detail: whole }: Readonly<Record<string, unknown>>): string {
  if (!Array.isArray(errors)) return '';
  return (errors as { pointer?: string; parameter?: string; detail: string }[])
    .slice(0, 3)
    .map(({ pointer, parameter, detail }) => `${pointer ?? parameter ?? ''} ${detail}`.trim())
    .filter((one) => !String(whole).includes(one))
    .map((one) => `; ${one}`)
    .join('');
}

/** The control plane of a gateway over HTTP. */
export class AdminApi {
  readonly #base: string;
  readonly #headers: Readonly<Record<string, string>>;

  /** @param key sent with each request. @throws UsageError unless it is an http or https URL, and for a key that no header can carry. */
  constructor(url: string, key?: string) {
    if (!URL.canParse(url) || !['http:', 'https:'].includes(new URL(url).protocol)) {
      throw new UsageError(`${JSON.stringify(url)} is not the URL of a gateway's control plane, such as http://127.0.0.1:8081.`);
    }
    if (key !== undefined && !/^[\x21-\x7e]+$/.test(key)) throw new UsageError('JOBLINE_API_KEY is not an API key.');
    this.#base = url.replace(/\/+$/, '');
    this.#headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
  }

  /** @throws AwayError, RefusedError. */
  async request<T>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<T> {
    const what = `${method} ${path}`;
    const json = body === undefined ? {} : { body: JSON.stringify(body) };
    const headers = { ...this.#headers, ...(body !== undefined && { 'content-type': 'application/json' }) };
    const { status, text } = await this.#send(what, path, { method, ...json, headers });
    const parsed = status === 204 ? {} : parse(text);
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
