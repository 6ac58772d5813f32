import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JoblineClientOptions } from '../../../../shared/client/client-options.ts';
import { JoblineClient } from '../../../../shared/client/jobline-client.ts';

/** A request as it came. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly atMs: number;
}

/** Answers the request of that number, from 1. */
export type Script = (request: Received, response: ServerResponse, number: number) => void;

/** Repeats come at once, so that tests need not wait. */
const QUICK = { attempts: 4, baseDelayMs: 1, maxDelayMs: 2 };

/** A real HTTP server that does what a test says. */
export class ScriptedServer {
  readonly received: Received[] = [];
  readonly #server: Server;

  private constructor(script: Script) {
    this.#server = createServer((req, res) => {
      void bodyOf(req).then((body) => {
        const { method = '', url: path = '', headers } = req;
        this.received.push({ method, path, headers, body, atMs: performance.now() });
        script(this.received.at(-1)!, res, this.received.length);
      });
    });
  }

  static async start(script: Script): Promise<ScriptedServer> {
    const server = new ScriptedServer(script);
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** A client of this server. */
  client(options: Partial<JoblineClientOptions> = {}): JoblineClient {
    return new JoblineClient({ baseUrl: this.url, ...options, retry: { ...QUICK, ...options.retry } });
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

async function bodyOf(req: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  // A client that goes away is what some tests are about.
  await req.forEach((part: Buffer) => void parts.push(part)).catch(() => undefined);
  return Buffer.concat(parts).toString();
}

/** Answers with JSON. */
export function sendJson(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  const type = status >= 400 ? 'application/problem+json' : 'application/json';
  response.writeHead(status, { 'content-type': type, ...headers }).end(JSON.stringify(body));
}

/** Answers with a problem document. */
export function sendProblem(response: ServerResponse, status: number, code: string, headers: Record<string, string> = {}): void {
  sendJson(response, status, { type: `/errors/${code}`, title: `Title of ${code}`, status, code, trace_id: 'trace-1' }, headers);
}

/** What a promise was rejected with. @throws Error when it was not */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => {
      throw new Error(`resolved with ${JSON.stringify(value)}`);
    },
    (error: unknown) => error,
  );
}
