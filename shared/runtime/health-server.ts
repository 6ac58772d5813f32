import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isOwnHost } from '../domain/own-host.ts';
import type { Logger } from '../ports/logger.ts';
import type { MetricsSource } from '../ports/metrics.ts';
import type { Service } from '../ports/service.ts';
import type { Health, HealthReport } from './health.ts';

export interface HealthServerOptions {
  readonly health: Health;
  readonly host: string;
  /** 0: any free port, logged at start. */
  readonly port: number;
  readonly logger: Logger;
  /** Names that a Host header may have beside those of loopback, where `host` is a loopback address. Default: none. */
  readonly allowedHosts?: readonly string[];
  /** Shown at /metrics. */
  readonly metrics: MetricsSource;
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/i;

interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** Serves /livez, /readyz and /startupz: 200 or 503 with a JSON report; and /metrics. */
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
      void this.#respond(request, response);
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

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, contentType, body } = await this.#answerOrFail(request);
    response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store' });
    response.end(request.method === 'HEAD' ? undefined : body);
  }

  async #answerOrFail(request: IncomingMessage): Promise<Answer> {
    try {
      return await this.#answer(request);
    } catch (error) {
      this.#options.logger.error({ err: error, url: request.url?.slice(0, 100) }, 'answering a health request failed');
      return json(500, { status: 'failed' });
    }
  }

  /** Where only this machine reaches the port, a web page in its browser could: by a name that leads to 127.0.0.1. Elsewhere probes use any name. */
  #isForeign(host: string | undefined): boolean {
    const { host: address, allowedHosts = [] } = this.#options;
    return host !== undefined && LOOPBACK.test(address) && !isOwnHost(host, allowedHosts);
  }

  async #answer({ url = '/', headers }: IncomingMessage): Promise<Answer> {
    const { health, metrics } = this.#options;
    if (this.#isForeign(headers.host)) return json(421, { status: 'this process is not called by that name (ALLOWED_HOSTS)' });
    switch (url.split('?')[0]) {
      case '/livez':
        return statusOf(health.live());
      case '/readyz':
        return statusOf(await health.ready());
      case '/startupz':
        return statusOf(health.startup());
      case '/metrics':
        return { status: 200, ...(await metrics.render(headers.accept)) };
      default:
        return json(404, { status: 'not found: /livez, /readyz, /startupz and /metrics are served here' });
    }
  }
}

function json(status: number, report: HealthReport | { readonly status: string }): Answer {
  return { status, contentType: 'application/json', body: `${JSON.stringify(report)}\n` };
}

function statusOf(report: HealthReport): Answer {
  return json(report.ok ? 200 : 503, report);
}
