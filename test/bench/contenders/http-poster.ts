import { Agent, type IncomingHttpHeaders, request } from 'node:http';

/** An answer of an HTTP server. */
export interface Posted {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** POSTs over keep-alive connections; `fetch` would cost more than the server. */
export class HttpPoster {
  readonly #agent: Agent;
  readonly #host: { readonly hostname: string; readonly port: string };

  constructor(url: string, connections: number) {
    const { hostname, port } = new URL(url);
    this.#host = { hostname, port };
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections, maxFreeSockets: connections, noDelay: true });
  }

  /** @param key sent as Idempotency-Key */
  post(path: string, contentType: string, body: string, key?: string): Promise<Posted> {
    return new Promise((resolve, reject) => {
      const repeatable = key === undefined ? {} : { 'idempotency-key': key };
      const headers = { ...repeatable, 'content-type': contentType, 'content-length': Buffer.byteLength(body) };
      const sent = request({ agent: this.#agent, ...this.#host, path, method: 'POST', headers }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => (text += part));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text })).on('error', reject);
      });
      sent.on('error', reject).end(body);
    });
  }

  end(): void {
    this.#agent.destroy();
  }
}
