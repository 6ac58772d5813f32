import { once } from 'node:events';
import { type ClientOptions, WebSocket } from 'ws';
import { ownMessages, socketMessageName } from '../../../support/async-api-messages.ts';
import { eventually } from '../../../support/eventually.ts';

export type Received = Readonly<Record<string, unknown>> & { readonly type: string };

const MESSAGES = ownMessages();

/** A WebSocket client of a test, which holds all that it is sent against the AsyncAPI document. */
export class SocketClient {
  readonly received: Received[] = [];
  readonly socket: WebSocket;
  closed: { readonly code: number; readonly reason: string } | undefined;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as Received;
      MESSAGES.check(socketMessageName(message), message);
      this.received.push(message);
    });
    socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() };
    });
    socket.on('error', () => {});
  }

  static async open(url: string, options: ClientOptions = {}): Promise<SocketClient> {
    const socket = new WebSocket(url.replace(/^http/, 'ws'), options);
    const client = new SocketClient(socket);
    await once(socket, 'open');
    return client;
  }

  send(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  of(type: string): readonly Received[] {
    return this.received.filter((one) => one.type === type);
  }

  /** Statuses told of a job. */
  statusesOf(id: string): readonly unknown[] {
    return this.events.filter(({ job }) => job['job_id'] === id).map(({ job }) => job['status']);
  }

  get events(): readonly { readonly id: string; readonly filters?: readonly string[]; readonly job: Record<string, unknown> }[] {
    return this.of('event') as never;
  }

  async until(type: string, count = 1): Promise<Received> {
    await eventually(`${count} of ${type}`, () => this.of(type).length >= count);
    return this.of(type)[count - 1]!;
  }

  async untilClosed(): Promise<{ readonly code: number; readonly reason: string }> {
    await eventually('the connection is closed', () => this.closed !== undefined);
    return this.closed!;
  }
}
