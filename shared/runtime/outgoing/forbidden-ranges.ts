import { type AddressRange, addressBytes, isInRange, parseRange } from './ip-address.ts';

type Named = readonly [range: AddressRange, name: string];

const named = (ranges: Readonly<Record<string, string>>): readonly Named[] =>
  Object.entries(ranges).map(([range, name]) => [parseRange(range)!, name]);

/** IANA IPv4 Special-Purpose Address Registry, what is not globally reachable, and addresses of clouds that look as if they were. */
const V4 = named({
  '0.0.0.0/8': 'this network',
  '10.0.0.0/8': 'private',
  '100.64.0.0/10': 'carrier-grade NAT',
  '127.0.0.0/8': 'loopback',
  '168.63.129.16': 'the metadata of a cloud',
  '169.254.169.254': 'the metadata of a cloud',
  '169.254.0.0/16': 'link-local',
  '172.16.0.0/12': 'private',
  '192.0.0.0/24': 'reserved',
  '192.0.2.0/24': 'documentation',
  '192.88.99.0/24': '6to4 relay',
  '192.168.0.0/16': 'private',
  '198.18.0.0/15': 'benchmarking',
  '198.51.100.0/24': 'documentation',
  '203.0.113.0/24': 'documentation',
  '224.0.0.0/4': 'multicast',
  '240.0.0.0/4': 'reserved',
});

/** Outside of 2000::/3 nothing is globally reachable; these names are for the message. Inside of it: what is not either. */
const V6 = named({
  '::': 'unspecified',
  '::1': 'loopback',
  'fc00::/7': 'private',
  'fe80::/10': 'link-local',
  'fec0::/10': 'site-local',
  'ff00::/8': 'multicast',
  '64:ff9b:1::/48': 'local NAT64',
  '2001::/32': 'Teredo',
  '2001::/23': 'reserved',
  '2001:db8::/32': 'documentation',
  '2002::/16': '6to4',
  '3fff::/20': 'documentation',
});

const GLOBAL_V6 = parseRange('2000::/3')!;
/** IPv6 addresses that stand for the IPv4 address in their last four bytes: mapped, and NAT64 (RFC 6052). */
const EMBEDDING = ['::ffff:0:0/96', '64:ff9b::/96'].map((range) => parseRange(range)!);

/** What keeps an address from being asked, e.g. `private`; undefined for one that everybody may reach. */
export function forbiddenRange(address: string): string | undefined {
  const bytes = addressBytes(address);
  if (!bytes) return 'not an address';
  return bytes.length === 4 ? nameIn(V4, bytes) : forbiddenV6(bytes);
}

function forbiddenV6(bytes: readonly number[]): string | undefined {
  if (EMBEDDING.some((range) => isInRange(bytes, range))) return nameIn(V4, bytes.slice(12));
  return nameIn(V6, bytes) ?? (isInRange(bytes, GLOBAL_V6) ? undefined : 'reserved');
}

function nameIn(ranges: readonly Named[], bytes: readonly number[]): string | undefined {
  return ranges.find(([range]) => isInRange(bytes, range))?.[1];
}
