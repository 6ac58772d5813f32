import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';

/** A web server that is not the gateway: an empty page, and the modules of a folder. */
export class PageServer {
  readonly #server: Server;

  /** @param folder of modules, all directly in it, served below /modules/ */
  constructor(folder?: string) {
    this.#server = createServer((req, res) => {
      const file = folder && req.url?.startsWith('/modules/') ? join(folder, basename(req.url)) : undefined;
      if (req.url === '/') res.setHeader('content-type', 'text/html').end('<!doctype html><title>a page</title>');
      else if (file !== undefined && existsSync(file)) res.setHeader('content-type', 'text/javascript').end(readFileSync(file));
      else res.writeHead(404).end();
    });
  }

  async start(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
