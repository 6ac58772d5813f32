import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from '../ports/logger.ts';
import type { Service } from '../ports/service.ts';
import type { Health, HealthReport } from './health.ts';

export interface HealthServerOptions {
  readonly health: Health;
  readonly host: string;
  /** 0: any free port, logged at start. */
  readonly port: number;
  readonly logger: Logger;
}

/** Serves /livez, /readyz and /startupz: 200 or 503 with a JSON report. */
export class HealthServer implements Service {
  readonly name = 'health';
  readonly #options: HealthServerOptions;
  #server: Server | undefined;

  constructor(options: HealthServerOptions) {
    this.#options = options;
  }

  /** The port in use; 0 before `start`. */
  get port(): number {
    return (this.#server?.address() as AddressInfo | null)?.port ?? 0;
  }

  /** @throws Error when the port is taken. */
  async start(): Promise<void> {
    const { host, port, logger } = this.#options;
    const server = createServer((request, response) => {
      void this.#answer(request.url ?? '/').then(({ status, report }) => {
        const body = JSON.stringify(report);
        response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
        response.end(request.method === 'HEAD' ? undefined : `${body}\n`);
      });
    });
    server.requestTimeout = 10_000;
    server.headersTimeout = 5_000;
    server.maxConnections = 100;
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, host, resolve);
    });
    logger.info({ host, port: this.port }, 'health endpoints are up');
  }

  async stop(): Promise<void> {
    const server = this.#server;
    if (!server?.listening) return;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  async #answer(url: string): Promise<{ status: number; report: HealthReport | { status: string } }> {
    const { health } = this.#options;
    switch (url.split('?')[0]) {
      case '/livez':
        return statusOf(health.live());
      case '/readyz':
        return statusOf(await health.ready());
      case '/startupz':
        return statusOf(health.startup());
      default:
        return { status: 404, report: { status: 'not found: /livez, /readyz and /startupz are served here' } };
    }
  }
}

function statusOf(report: HealthReport): { status: number; report: HealthReport } {
  return { status: report.ok ? 200 : 503, report };
}
