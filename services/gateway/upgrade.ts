import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

const UPGRADE = Symbol('upgrade');

/** The connection of a client that asks for WebSocket, and what came on it after the headers. */
export interface Upgrade {
  readonly socket: Socket;
  readonly head: Buffer;
}

interface UpgradeRequest extends IncomingMessage {
  [UPGRADE]?: Upgrade;
}

const tokensOf = (text = '') => text.split(',').map((token) => token.trim().toLowerCase());

/** Whether it asks for the one protocol that is offered. */
export function asksForWebSocket({ headers, method }: IncomingMessage): boolean {
  return method === 'GET' && tokensOf(headers.upgrade).includes('websocket');
}

/** What a request has open, if it asked for WebSocket. */
export function upgradeOf(req: IncomingMessage): Upgrade | undefined {
  return (req as UpgradeRequest)[UPGRADE];
}

/**
 * A response for a request that node:http has let go of, so that it goes the way of every other. When it is answered, the
 * connection is closed; `takeOver` keeps it open.
 */
export function responseTo(req: IncomingMessage, upgrade: Upgrade): ServerResponse {
  (req as UpgradeRequest)[UPGRADE] = upgrade;
  const { socket } = upgrade;
  socket.on('error', () => socket.destroy());
  const res = new ServerResponse(req);
  res.shouldKeepAlive = false;
  res.assignSocket(socket);
  res.once('finish', () => socket.destroySoon());
  return res;
}

/** The connection is the caller's from now on. */
export function takeOver(res: ServerResponse, { socket }: Upgrade): void {
  res.detachSocket(socket);
  res.emit('close');
}

/**
 * The head of a request that asks for another protocol, without that wish: HTTP says that it may be ignored, but node:http
 * reads such a request no further once anything listens for upgrades. Java's HttpClient asks for h2c in each first request.
 */
export function headWithoutUpgrade({ method, url, httpVersion, rawHeaders }: IncomingMessage): Buffer {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const [name, value] = [rawHeaders[at]!, rawHeaders[at + 1]!];
    const key = name.toLowerCase();
    if (key === 'upgrade' || key === 'http2-settings') continue;
    const kept = key === 'connection' ? tokensOf(value).filter((token) => token !== 'upgrade' && token !== 'http2-settings') : [value];
    if (kept.length > 0) lines.push(`${name}: ${kept.join(', ')}`);
  }
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}
