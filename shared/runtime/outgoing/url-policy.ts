import { isIP } from 'node:net';
import type { UrlRules } from '../../ports/outgoing-http.ts';
import { forbiddenRange } from './forbidden-ranges.ts';
import { type AddressRange, addressBytes, isInRange, parseRange } from './ip-address.ts';

/** What an operator allows. */
export interface UrlPolicySettings {
  readonly allowHttp: boolean;
  /** First and last of each range. */
  readonly ports: readonly (readonly [number, number])[];
  /** Host names, addresses and CIDR ranges that may be asked although they are not public. */
  readonly allowHosts: readonly string[];
}

/** What the variables CALLBACK_* say. */
export function urlPolicySettings(config: {
  readonly callbackAllowHttp: 'yes' | 'no';
  readonly callbackPorts: UrlPolicySettings['ports'];
  readonly callbackAllowHosts: readonly string[];
}): UrlPolicySettings {
  return { allowHttp: config.callbackAllowHttp === 'yes', ports: config.callbackPorts, allowHosts: config.callbackAllowHosts };
}

/** Where a URL leads, once it is found to be in order. */
export interface Target {
  readonly url: URL;
  /** A name in lower case without its last dot, or an address without brackets. */
  readonly host: string;
  readonly port: number;
}

const LONGEST_URL = 2_048;
const HOST_NAME = /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)+$/;
/** Names that only have a meaning inside of a network (RFC 6761, 6762, 9476, and ICANN's `internal`). */
const LOCAL_NAME = /(?:^|\.)(?:localhost|local|localdomain|internal|intranet|lan|home|corp|arpa|alt|test|invalid|onion)$/;

/** Says which URLs and addresses may be asked. Everything that is not public needs the operator's word. */
export class UrlPolicy implements UrlRules {
  readonly #settings: UrlPolicySettings;
  readonly #ranges: readonly AddressRange[];
  readonly #names: ReadonlySet<string>;

  constructor(settings: UrlPolicySettings) {
    this.#settings = settings;
    this.#ranges = settings.allowHosts.flatMap((entry) => parseRange(entry) ?? []);
    this.#names = new Set(settings.allowHosts.filter((entry) => parseRange(entry) === undefined).map((name) => name.toLowerCase()));
  }

  refusalOf(url: string): string | undefined {
    const checked = this.targetOf(url);
    return typeof checked === 'string' ? checked : undefined;
  }

  /** The target, or why there is none: `must ...`. */
  targetOf(text: string): Target | string {
    if (text.length > LONGEST_URL) return `must have at most ${LONGEST_URL} characters`;
    // What the parser would drop or mend is refused: two parsers must not read two hosts.
    if (!/^https?:\/\/[^/\\]/i.test(text) || /[^\x21-\x7e]|\\/.test(text) || !URL.canParse(text)) {
      return 'must be an absolute http or https URL in ASCII, e.g. https://example.com/hook';
    }
    const url = new URL(text);
    if (url.username !== '' || url.password !== '' || /^https?:\/\/[^/?#]*@/i.test(text)) return 'must not have a user name or password';
    if (url.hash !== '') return 'must not have a fragment';
    if (url.protocol === 'http:' && !this.#settings.allowHttp) return 'must be https';
    const port = Number(url.port || (url.protocol === 'http:' ? 80 : 443));
    if (!this.#settings.ports.some(([first, last]) => port >= first && port <= last)) return `must not name the port ${port}`;
    const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
    return this.#hostRefusal(host) ?? { url, host, port };
  }

  /** Why an address that a host has may not be asked: the name of its range. */
  addressRefusal(host: string, address: string): string | undefined {
    if (this.#names.has(host) || this.#isAllowed(address)) return undefined;
    return forbiddenRange(address);
  }

  #hostRefusal(host: string): string | undefined {
    if (this.#names.has(host)) return undefined;
    if (isIP(host) !== 0) {
      const range = this.addressRefusal(host, host);
      return range === undefined ? undefined : `must lead to a public address; ${host} is ${range}`;
    }
    if (!HOST_NAME.test(host) || LOCAL_NAME.test(host)) return 'must name a public host in full, e.g. hooks.example.com';
    return undefined;
  }

  #isAllowed(address: string): boolean {
    const bytes = addressBytes(address);
    return bytes !== undefined && this.#ranges.some((range) => isInRange(bytes, range));
  }
}
