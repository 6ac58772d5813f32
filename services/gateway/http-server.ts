import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Bound } from '../../shared/domain/bounds.ts';
import type { Logger } from '../../shared/ports/logger.ts';
import type { Service } from '../../shared/ports/service.ts';
import { discardRest } from './body-rest.ts';
import type { ConnectionCaps } from './bounds/connection-caps.ts';
import { OpenResponses } from './open-responses.ts';
import { Problem, type ProblemCode, problemBody } from './problems.ts';
import { asksForWebSocket, headWithoutUpgrade, responseTo } from './upgrade.ts';

/** Bounds, logs, figures and the answer itself each wait for its end. */
const MOST_LISTENERS = 30;

export interface HttpTimeouts {
  /** The headers of a request must have arrived. */
  readonly headersMs: number;
  /** Without a byte in either direction, a connection is closed. */
  readonly idleMs: number;
  /** The whole of a request, uploads of gigabytes over slow lines included; JSON bodies have their own, shorter bound. */
  readonly requestMs: number;
  /** An open connection may wait so long for its next request. */
  readonly keepAliveMs: number;
  /** How often node:http looks for requests that are late. */
  readonly checkEveryMs: number;
}

/** 65 s of keep-alive are longer than the 60 s of common load balancers, so that these close first. */
const MAX_HEADER_BYTES = 16_384;
const TIMEOUTS: HttpTimeouts = { headersMs: 10_000, idleMs: 60_000, requestMs: 6 * 3_600_000, keepAliveMs: 65_000, checkEveryMs: 2_000 };

export interface HttpServerOptions {
  readonly name: string;
  handle(req: IncomingMessage, res: ServerResponse): unknown;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Requests in flight may finish for this long at stop. */
  readonly shutdownTimeoutMs: number;
  readonly logger: Logger;
  readonly timeouts?: Partial<HttpTimeouts>;
  /** Of URL and headers together. Default 16,384. */
  readonly maxHeaderBytes?: number;
  /** Default: as many connections as come. */
  readonly connections?: ConnectionCaps;
  /** Told of each request that node:http itself refuses for a bound. */
  onRefused?(bound: Bound): void;
}

const NO_TRACE = '0'.repeat(32);

/** What node:http refuses by itself, by its error code. */
const REFUSALS: Readonly<Record<string, ProblemCode>> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
};

/** Answers a request that is not HTTP as a problem, by hand: there is no response object for it. @returns the answer. */
function refuse(error: NodeJS.ErrnoException, socket: Socket): Problem | undefined {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return undefined;
  }
  const problem = new Problem(REFUSALS[error.code ?? ''] ?? 'bad_request');
  answerByHand(problem, socket);
  return problem;
}

/** Answers without the app. */
function answerPast(problem: Problem, req: IncomingMessage, res: ServerResponse): void {
  const body = JSON.stringify(problemBody(problem, NO_TRACE));
  res.writeHead(problem.status, {
    ...problem.headers,
    'Content-Type': 'application/problem+json',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    Connection: 'close',
  });
  res.end(body);
  discardRest(req);
}

/** node:http makes no response object for CONNECT, and this is no proxy. */
function refuseConnect(_req: IncomingMessage, socket: Duplex): void {
  socket.on('error', () => {});
  answerByHand(new Problem('method_not_allowed', { detail: 'CONNECT is not offered.' }), socket, 'Allow: \r\n');
}

function answerByHand(problem: Problem, socket: Duplex, headers = ''): void {
  const body = JSON.stringify(problemBody(problem, NO_TRACE));
  const head = `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${headers}Connection: close\r\n\r\n`;
  socket.end(head + body);
}

/** Listens, and at stop lets requests in flight finish while it takes no new connections. */
export class HttpServer implements Service {
  readonly name: string;
  readonly #options: HttpServerOptions;
  readonly #server: Server;
  readonly #inFlight = new OpenResponses();
  #isDraining = false;

  constructor(options: HttpServerOptions) {
    this.name = options.name;
    this.#options = options;
    const { headersMs, idleMs, requestMs, keepAliveMs, checkEveryMs } = { ...TIMEOUTS, ...options.timeouts };
    const settings = {
      requireHostHeader: false,
      headersTimeout: headersMs,
      requestTimeout: requestMs,
      keepAliveTimeout: keepAliveMs,
      connectionsCheckingInterval: checkEveryMs,
      maxHeaderSize: options.maxHeaderBytes ?? MAX_HEADER_BYTES,
    };
    this.#server = createServer(settings, (req, res) => this.#take(req, res));
    this.#server.setTimeout(idleMs);
    // Else node:http drops, unsaid, the headers beyond 2,000; the app counts and refuses them.
    this.#server.maxHeadersCount = 0;
    this.#boundConnections(options.connections);
    // The app itself says 100 Continue, once it wants the body; and refuses expectations it does not know.
    this.#server.on('checkContinue', (req, res) => this.#take(req, res));
    this.#server.on('checkExpectation', (req, res) => this.#take(req, res));
    this.#server.on('connect', refuseConnect);
    this.#server.on('upgrade', (req, socket, head) => this.#takeUpgrade(req, socket as Socket, head));
    this.#server.on('clientError', (error, socket) => this.#refuse(error, socket as Socket));
  }

  /** The port in use; 0 before `start`. */
  get port(): number {
    return (this.#server.address() as AddressInfo | null)?.port ?? 0;
  }

  /** Requests whose answer is not sent yet, and whose client is still there. */
  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** @throws Error when the port is taken. */
  async start(): Promise<void> {
    const { host, port, logger, name } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject).listen(port, host, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    logger.info({ listener: name, host, port: this.port }, 'listening');
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    this.#isDraining = true;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const res of this.#inFlight) if (!res.headersSent) res.setHeader('Connection', 'close');
    const timer = setTimeout(() => this.#server.closeAllConnections(), this.#options.shutdownTimeoutMs);
    await closed;
    clearTimeout(timer);
  }

  /** A wish for WebSocket is a request like any other; other wishes are ignored, and the request is read anew without them. */
  #takeUpgrade(req: IncomingMessage, socket: Socket, head: Buffer): void {
    if (asksForWebSocket(req)) {
      this.#take(req, responseTo(req, { socket, head }));
      return;
    }
    socket.unshift(Buffer.concat([headWithoutUpgrade(req), head]));
    this.#server.emit('connection', socket);
  }

  #boundConnections(connections: ConnectionCaps | undefined): void {
    if (!connections) return;
    this.#server.maxConnections = connections.hardLimit;
    this.#server.on('connection', (socket: Socket) => connections.admit(socket));
    this.#server.on('drop', () => connections.noteDropped());
  }

  #refuse(error: NodeJS.ErrnoException, socket: Socket): void {
    const bound = refuse(error, socket)?.bound;
    if (bound) this.#options.onRefused?.(bound);
  }

  #take(req: IncomingMessage, res: ServerResponse): void {
    const refusal = this.#options.connections?.refusalOf(req.socket);
    if (refusal) return answerPast(refusal, req, res);
    if (this.#isDraining) res.setHeader('Connection', 'close');
    res.setMaxListeners(MOST_LISTENERS);
    this.#inFlight.add(req.socket, res, () => {
      // Answers that had begun when draining did have left their connection open.
      if (this.#isDraining) setImmediate(() => this.#server.closeIdleConnections());
    });
    this.#options.handle(req, res);
  }
}
