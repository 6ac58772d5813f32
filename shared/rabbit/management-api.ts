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
  readonly consumers?: number;
  /** Absent for a queue that no message has come to yet. */
  readonly message_stats?: { readonly publish_details?: { readonly rate: number }; readonly ack_details?: { readonly rate: number } };
}

/** Where one node's plugin is. */
interface Node {
  readonly base: URL;
  readonly authorization: string;
}

/** The HTTP API of RabbitMQ's management plugin, for one virtual host: of one node, or of whichever node of a cluster answers. */
export class ManagementApi {
  readonly #nodes: readonly Node[];
  readonly #vhost: string;
  /** The node that answered last. */
  #current = 0;

  /**
   * @param url may carry user and password; otherwise, and for the virtual host, those of the AMQP URL are taken. Several,
   * separated by commas, are the nodes of one cluster.
   */
  constructor(url: string, amqpUrl: string) {
    const { user, password, vhost } = parseAmqpUrl(amqpUrl);
    this.#nodes = urlsIn(url).map((one) => nodeAt(one, [user, password]));
    this.#vhost = encodeURIComponent(vhost);
  }

  /** Host and port, for messages. */
  get host(): string {
    return this.#nodes[this.#current]!.base.host;
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

  /** Asks the node that answered last, and the others in turn when it does not. */
  async #ask(method: string, path: string, body?: unknown): Promise<unknown> {
    const first = this.#current;
    for (let tried = 1; ; tried += 1) {
      const index = (first + tried - 1) % this.#nodes.length;
      try {
        const answer = await this.#askNode(this.#nodes[index]!, method, path, body);
        this.#current = index;
        return answer;
      } catch (error) {
        const isAway = error instanceof ManagementError && (error.status === undefined || error.status >= 500);
        if (!isAway || tried === this.#nodes.length) throw error;
      }
    }
  }

  async #askNode({ base, authorization }: Node, method: string, path: string, body: unknown): Promise<unknown> {
    const what = `${method} ${path.split('?')[0]} at ${base.host}`;
    let response: Response;
    let text: string;
    try {
      response = await fetch(new URL(base.pathname.replace(/\/$/, '') + path, base), {
        method,
        headers: { authorization, 'content-type': 'application/json' },
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

/** Only a comma before the next scheme separates: passwords may contain commas. */
function urlsIn(text: string): readonly string[] {
  return text.split(/,\s*(?=https?:\/\/)/);
}

function nodeAt(url: string, credentials: readonly string[]): Node {
  const base = new URL(url);
  const own = base.username === '' ? credentials : [base.username, base.password].map(decodeURIComponent);
  base.username = '';
  base.password = '';
  return { base, authorization: `Basic ${Buffer.from(own.join(':')).toString('base64')}` };
}

/** fetch says only "fetch failed"; the reason is in its cause. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message || String((cause as { code?: string }).code) : String(cause);
}
