import { parseAmqpUrl } from './amqp-url.ts';

const TIMEOUT_MS = 10_000;

/** The management API answered with an error, or not at all (`status` undefined). */
export class ManagementError extends Error {
  readonly status: number | undefined;

  constructor(message: string, status?: number, cause?: unknown) {
    super(message, { cause });
    this.status = status;
  }
}

/** A queue as the management API lists it. */
export interface ListedQueue {
  readonly name: string;
  readonly type?: string;
  readonly durable?: boolean;
  readonly auto_delete?: boolean;
  readonly exclusive?: boolean;
  readonly arguments?: Readonly<Record<string, unknown>>;
  readonly policy?: string | null;
  readonly effective_policy_definition?: Readonly<Record<string, unknown>> | null;
  readonly messages_ready?: number;
  readonly messages_unacknowledged?: number;
}

/** The HTTP API of RabbitMQ's management plugin, for one virtual host. */
export class ManagementApi {
  readonly #base: URL;
  readonly #authorization: string;
  readonly #vhost: string;

  /** @param url may carry user and password; otherwise, and for the virtual host, those of the AMQP URL are taken. */
  constructor(url: string, amqpUrl: string) {
    const { user, password, vhost } = parseAmqpUrl(amqpUrl);
    this.#base = new URL(url);
    const own = this.#base.username === '' ? undefined : [this.#base.username, this.#base.password].map(decodeURIComponent);
    this.#authorization = `Basic ${Buffer.from((own ?? [user, password]).join(':')).toString('base64')}`;
    this.#base.username = '';
    this.#base.password = '';
    this.#vhost = encodeURIComponent(vhost);
  }

  /** Host and port, for messages. */
  get host(): string {
    return this.#base.host;
  }

  /** `/api/<kind>/<vhost>[/<rest>]`. */
  inVhost(kind: string, ...rest: readonly string[]): string {
    return ['/api', kind, this.#vhost, ...rest.map(encodeURIComponent)].join('/');
  }

  /** @throws ManagementError. */
  get<T>(path: string): Promise<T> {
    return this.#ask('GET', path) as Promise<T>;
  }

  /** @throws ManagementError. */
  post<T>(path: string, body: unknown): Promise<T> {
    return this.#ask('POST', path, body) as Promise<T>;
  }

  /** @throws ManagementError. */
  async put(path: string, body: unknown): Promise<void> {
    await this.#ask('PUT', path, body);
  }

  /** @throws ManagementError. */
  async delete(path: string): Promise<void> {
    await this.#ask('DELETE', path);
  }

  async #ask(method: string, path: string, body?: unknown): Promise<unknown> {
    const what = `${method} ${path.split('?')[0]} at ${this.host}`;
    let response: Response;
    let text: string;
    try {
      response = await fetch(new URL(this.#base.pathname.replace(/\/$/, '') + path, this.#base), {
        method,
        headers: { authorization: this.#authorization, 'content-type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      text = await response.text();
    } catch (error) {
      throw new ManagementError(`RabbitMQ's management API did not answer: ${what}: ${causeOf(error)}`, undefined, error);
    }
    if (!response.ok)
      throw new ManagementError(`RabbitMQ's management API refused ${what}: ${response.status} ${text.slice(0, 300)}`, response.status);
    return text === '' ? undefined : JSON.parse(text);
  }
}

/** fetch says only "fetch failed"; the reason is in its cause. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message || String((cause as { code?: string }).code) : String(cause);
}
