import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { extname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { newVhost } from '../support/rabbit.ts';

type Line = Record<string, unknown> & { msg: string };
type Env = Readonly<Record<string, string>>;

const EXTENSION = extname(import.meta.filename);
/** Folder of sources or of compiled files, whichever this file is in. */
const CODE = join(import.meta.dirname, '../..');

/** Arguments that run a module of ours, from sources and from the compiled files alike. */
function nodeArguments(module: string): readonly string[] {
  return [...(EXTENSION === '.ts' ? ['--import', 'tsx'] : []), join(CODE, `${module}${EXTENSION}`)];
}

function environmentOf(env: Env): Env {
  // The mark by which `npm test` finds what tests leave behind goes along.
  const { PATH = '', HOME = '', JOBLINE_TEST_RUN = '' } = process.env;
  return { PATH, HOME, JOBLINE_TEST_RUN, ...env };
}

/** A database and a virtual host of a test's own, with topology and migrations. The test drops the database. */
export interface TestServers {
  readonly mongodbUrl: string;
  readonly rabbitmqUrl: string;
  readonly managementUrl: string;
  dropVhost(): Promise<void>;
}

/** @throws Error when JOBLINE_TEST_MONGODB_URL is not set, and when the servers cannot be prepared. */
export async function newTestServers(): Promise<TestServers> {
  const mongodb = new URL(process.env['JOBLINE_TEST_MONGODB_URL'] ?? '');
  mongodb.pathname = `jobline_gateway_${randomBytes(6).toString('hex')}`;
  const vhost = await newVhost();
  const servers = { mongodbUrl: mongodb.href, rabbitmqUrl: vhost.amqpUrl, managementUrl: vhost.managementUrl };
  const env = environmentOf({
    RABBITMQ_URL: servers.rabbitmqUrl,
    RABBITMQ_MANAGEMENT_URL: servers.managementUrl,
    MONGODB_URL: servers.mongodbUrl,
  });
  const { status, stdout, stderr } = spawnSync(process.execPath, nodeArguments('deploy/local/prepare'), { env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`preparing the servers failed:\n${stdout}${stderr}`);
  return { ...servers, dropVhost: () => vhost.drop() };
}

/** A TCP proxy in front of a server: cut (connections end, new ones too) or frozen (nothing passes). */
export class TcpProxy {
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #isCut = false;
  #isFrozen = false;

  constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.#server = createServer((inner) => {
      if (this.#isCut) {
        inner.destroy();
        return;
      }
      const outer = connect(Number(port), hostname);
      const pair = [inner, outer] as const;
      this.#pairs.add(pair);
      for (const [from, to] of [pair, [outer, inner] as const]) {
        from.on('data', (chunk: Buffer) => to.write(chunk));
        from.on('error', () => to.destroy());
        from.on('close', () => {
          to.destroy();
          this.#pairs.delete(pair);
        });
        if (this.#isFrozen) from.pause();
      }
    });
  }

  async start(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as { port: number }).port;
  }

  cut(): void {
    this.#isCut = true;
    for (const [inner, outer] of this.#pairs) {
      inner.destroy();
      outer.destroy();
    }
  }

  freeze(): void {
    this.#isFrozen = true;
    for (const sockets of this.#pairs) for (const socket of sockets) socket.pause();
  }

  mend(): void {
    this.#isCut = false;
    this.#isFrozen = false;
    for (const sockets of this.#pairs) for (const socket of sockets) socket.resume();
  }

  stop(): void {
    this.cut();
    this.#server.close();
  }
}

/** The gateway as an OS process of its own. */
export class GatewayProcess {
  readonly child: ChildProcess;
  readonly lines: Line[] = [];
  readonly #exited: Promise<unknown[]>;

  constructor(env: Env) {
    const ports = { PORT: '0', ADMIN_PORT: '0', HEALTH_PORT: '0' };
    this.child = spawn(process.execPath, nodeArguments('services/gateway/main'), {
      env: environmentOf({ ...ports, ...env }),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#exited = once(this.child, 'exit');
    createInterface({ input: this.child.stdout! }).on('line', (line) => {
      this.lines.push(JSON.parse(line) as Line);
      this.child.emit('line');
    });
  }

  /** Waits for the log line. @throws Error with the whole log when the process ends first. */
  async seen(matches: (line: Line) => boolean): Promise<Line> {
    for (;;) {
      const found = this.lines.find(matches);
      if (found) return found;
      if (this.child.exitCode !== null) throw new Error(`the gateway ended: ${JSON.stringify(this.lines)}`);
      await Promise.race([once(this.child, 'line', { signal: AbortSignal.timeout(20_000) }), this.#exited]);
    }
  }

  /** Resolves once the process is up. */
  async ready(): Promise<this> {
    await this.seen((line) => line.msg === 'gateway is up');
    return this;
  }

  #port(listener: string): number {
    return Number(this.lines.find((line) => line['listener'] === listener)?.['port']);
  }

  get port(): number {
    return this.#port('api');
  }

  url(path: string): string {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  adminUrl(path: string): string {
    return `http://127.0.0.1:${this.#port('admin')}${path}`;
  }

  get(path: string): Promise<Response> {
    return fetch(this.url(path));
  }

  post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(this.url(path), {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...headers },
    });
  }

  /** Most resident memory so far, in MiB. */
  peakMemoryMb(): number {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${this.child.pid}/status`, 'utf8'))?.[1]) / 1_024;
  }

  /** @returns the exit code of a process that ends by itself. */
  async exited(): Promise<unknown> {
    return (await this.#exited)[0];
  }

  /** @returns the exit code. */
  async end(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<unknown> {
    if (this.child.exitCode === null) this.child.kill(signal);
    const [code] = await this.#exited;
    return code;
  }
}
