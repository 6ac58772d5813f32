import type { AddressedRequest, ClientAddresses } from '../ports/client-addresses.ts';
import { hopsOfForwarded, hopsOfXForwardedFor } from './forwarded-for.ts';
import { addressBytes, isInRange, parseRange } from './outgoing/ip-address.ts';

/** The header that the proxies write. One alone is read: what a proxy does not write, it passes on as the client made it up. */
export const PROXY_HEADERS = ['x-forwarded-for', 'forwarded'] as const;
export type ProxyHeader = (typeof PROXY_HEADERS)[number];

export interface TrustedProxiesOptions {
  /** Addresses and CIDR ranges. */
  readonly trustedProxies: readonly string[];
  readonly proxyHeader: ProxyHeader;
}

const V4_IN_V6 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;
/** A host commonly has a whole /64 to itself. */
const HOST_BYTES = 8;

/** A socket that listens on `::` tells of IPv4 clients in this form. */
function unmapped(address: string): string {
  return V4_IN_V6.exec(address)?.[1] ?? address;
}

/**
 * Finds the client behind proxies. The chain is read from the right, from the connection's other end on: each address was written
 * by the hop to its right, and is believed only where that hop is a trusted proxy. The first that is none is the client.
 */
export class TrustedProxies implements ClientAddresses {
  readonly #ranges;
  readonly #header: ProxyHeader;

  constructor({ trustedProxies, proxyHeader }: TrustedProxiesOptions) {
    this.#ranges = trustedProxies.map((text) => parseRange(text)!);
    this.#header = proxyHeader;
  }

  of({ socket, headers }: AddressedRequest): string {
    let address = unmapped(socket.remoteAddress ?? '');
    if (this.#ranges.length === 0 || !this.isProxy(address)) return address;
    const hops = this.#hopsOf(headers[this.#header]);
    for (let at = hops.length - 1; at >= 0 && this.isProxy(address); at -= 1) {
      const hop = unmapped(hops[at]!);
      // `unknown`, `_hidden`, or nonsense: whoever stands further left cannot be told from a lie.
      if (!addressBytes(hop)) break;
      address = hop;
    }
    return address;
  }

  groupOf(address: string): string {
    const host = unmapped(address);
    const bytes = host.includes(':') ? addressBytes(host) : undefined;
    if (!bytes) return host;
    return `${Buffer.from(bytes.slice(0, HOST_BYTES)).toString('hex').match(/.{4}/g)!.join(':')}::/64`;
  }

  isProxy(address: string): boolean {
    if (this.#ranges.length === 0) return false;
    const bytes = addressBytes(unmapped(address));
    return bytes !== undefined && this.#ranges.some((range) => isInRange(bytes, range));
  }

  #hopsOf(header: string | readonly string[] | undefined): readonly string[] {
    if (header === undefined) return [];
    const text = typeof header === 'string' ? header : header.join(',');
    return this.#header === 'forwarded' ? hopsOfForwarded(text) : hopsOfXForwardedFor(text);
  }
}
