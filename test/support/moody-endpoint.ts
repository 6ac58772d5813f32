import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as it came. */
export interface ReceivedRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly atMs: number;
}

/** `well`: answers what `answer` says. `failing`: 500. `hanging`: nothing. `limiting`: 429 with Retry-After. `gone`: connections are cut. */
export type Mood = 'well' | 'failing' | 'hanging' | 'limiting' | 'gone';

/** A real HTTP endpoint that fails, hangs, limits and recovers as it is told. */
export class MoodyEndpoint {
  readonly got: ReceivedRequest[] = [];
  mood: Mood = 'well';
  retryAfterS = 1;
  /** What it answers while it is well. */
  answer: (res: ServerResponse, received: ReceivedRequest) => void = (res) => {
    res.writeHead(200, { 'Content-Type': 'application/json' }).end('{"ok":true}');
  };
  readonly #server: Server;

  constructor() {
    this.#server = createServer((req, res) => {
      const chunks: Buffer[] = [];
      req.on('data', (chunk: Buffer) => chunks.push(chunk));
      req.on('end', () => {
        const received = { path: req.url ?? '', headers: req.headers, body: Buffer.concat(chunks).toString(), atMs: performance.now() };
        this.got.push(received);
        this.#react(res, received);
      });
    });
  }

  /** @returns its base URL. */
  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #react(res: ServerResponse, received: ReceivedRequest): void {
    switch (this.mood) {
      case 'well':
        return this.answer(res, received);
      case 'failing':
        return void res.writeHead(500).end('broken');
      case 'limiting':
        return void res.writeHead(429, { 'Retry-After': String(this.retryAfterS) }).end();
      case 'gone':
        return void res.destroy();
      case 'hanging':
        return undefined;
    }
  }
}
