import type { Socket } from 'node:net';
import type { ClientAddresses } from '../../../shared/ports/client-addresses.ts';
import { Problem } from '../problems.ts';
import { GroupedCap } from './grouped-cap.ts';

/** Connections beyond a cap that are kept at the same time, each to be told why. */
const MOST_REFUSED = 64;
/** Such a connection must have sent its request by then. */
const REFUSED_WITHIN_MS = 2_000;
const RETRY_AFTER_S = '5';

export interface ConnectionLimits {
  readonly maxConnections: number;
  /** Not of a trusted proxy, which speaks for many clients. */
  readonly maxConnectionsPerAddress: number;
}

type ConnectionBound = 'connections' | 'connections_per_address';

export interface ConnectionCapsOptions extends ConnectionLimits {
  readonly addresses: Pick<ClientAddresses, 'groupOf' | 'isProxy'>;
  onRefused(bound: ConnectionBound): void;
  /** Default 2,000. */
  readonly refusedWithinMs?: number;
}

/** The connections of one listener: those beyond a cap have one request answered with 503, or are closed where there is no room for that either. */
export class ConnectionCaps {
  readonly limit: number;
  readonly perAddress: GroupedCap;
  readonly #options: ConnectionCapsOptions;
  readonly #open = new Map<Socket, () => void>();
  readonly #refused = new Map<Socket, ConnectionBound>();

  constructor(options: ConnectionCapsOptions) {
    this.limit = options.maxConnections;
    this.perAddress = new GroupedCap(options.maxConnectionsPerAddress);
    this.#options = options;
  }

  /** Connections that were let in. */
  get open(): number {
    return this.#open.size;
  }

  /** What the listener itself may hold; beyond it, connections are closed unseen. */
  get hardLimit(): number {
    return this.limit + MOST_REFUSED;
  }

  /** Counts a connection in, until it is closed. */
  admit(socket: Socket): void {
    // A request that asked for another protocol is read anew on its connection.
    if (this.#open.has(socket) || this.#refused.has(socket)) return;
    const { addresses } = this.#options;
    const address = socket.remoteAddress ?? '';
    if (this.#open.size >= this.limit) return this.#refuse(socket, 'connections');
    const leave = addresses.isProxy(address) ? () => {} : this.perAddress.enter(addresses.groupOf(address));
    if (!leave) return this.#refuse(socket, 'connections_per_address');
    this.#open.set(socket, leave);
    socket.once('close', () => {
      this.#open.delete(socket);
      leave();
    });
  }

  /** The answer to a request on a connection that was not let in; undefined for the others. */
  refusalOf(socket: Socket): Problem | undefined {
    const bound = this.#refused.get(socket);
    if (bound === undefined) return undefined;
    const detail =
      bound === 'connections'
        ? `${this.limit} connections are open already, which is the limit.`
        : `${this.perAddress.limit} connections of your address are open already, which is the limit.`;
    return new Problem('too_many_connections', { detail, headers: { 'Retry-After': RETRY_AFTER_S } });
  }

  /** The listener had to close one unseen. */
  noteDropped(): void {
    this.#options.onRefused('connections');
  }

  #refuse(socket: Socket, bound: ConnectionBound): void {
    this.#options.onRefused(bound);
    if (this.#refused.size >= MOST_REFUSED) {
      socket.destroy();
      return;
    }
    this.#refused.set(socket, bound);
    const timer = setTimeout(() => socket.destroy(), this.#options.refusedWithinMs ?? REFUSED_WITHIN_MS);
    socket.once('close', () => {
      clearTimeout(timer);
      this.#refused.delete(socket);
    });
  }
}
