import { z } from 'zod';
import { parseRange } from './outgoing/ip-address.ts';
import { PROXY_HEADERS } from './trusted-proxies.ts';
import { type About, choice, integer, type Role, type Variable, variable } from './variable.ts';

const GATEWAY = ['gateway'] as const;
const HOUR_MS = 3_600_000;

/** IP addresses and CIDR ranges. */
function addressRanges<const R extends Role>(about: About<R>): Variable<readonly string[], R> {
  const schema = z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    )
    .refine((list) => list.every((entry) => parseRange(entry) !== undefined));
  const allowed = 'IP addresses and CIDR ranges, separated by commas, e.g. 10.0.0.0/8,fd00::/8';
  return variable(schema, { type: 'address list', allowed, default: '' }, about);
}

/** How much of a gateway one client, and all together, may have; how large and how slow a request may be. */
export const bounds = {
  TRUSTED_PROXIES: addressRanges({
    usedBy: GATEWAY,
    description:
      'Proxies in front of the gateway. What they say of where a request came from is believed (docs/http.md, Behind a proxy); what others say is not.',
  }),
  PROXY_HEADER: choice({
    of: PROXY_HEADERS,
    default: 'x-forwarded-for',
    usedBy: GATEWAY,
    description: 'The header that these proxies write. The other one is never read: they pass it on as a client made it up.',
  }),
  ACCESS_LOG: choice({
    of: ['no', 'yes'],
    default: 'no',
    usedBy: GATEWAY,
    description: 'Whether each request is logged at level info: method, path without query, status, address of the client, key, ids.',
  }),
  MAX_CONNECTIONS: integer({
    min: 10,
    max: 1_000_000,
    default: 10_000,
    usedBy: GATEWAY,
    description:
      'Open connections of each listener (API, control plane), event streams and WebSockets included; a further one is answered 503.',
  }),
  MAX_CONNECTIONS_PER_ADDRESS: integer({
    min: 1,
    max: 1_000_000,
    default: 5_000,
    usedBy: GATEWAY,
    description: 'Of these, from one address (of IPv6: one /64) that is not a trusted proxy; a further one is answered 503.',
  }),
  MAX_IN_FLIGHT_PER_CLIENT: integer({
    min: 1,
    max: 100_000,
    default: 1_000,
    unit: 'requests',
    usedBy: GATEWAY,
    description:
      'Requests of one API key, or where none is asked for of one address, that are not answered yet, per gateway; a further one is answered 429. Event streams, WebSockets and requests that are held have caps of their own.',
  }),
  MAX_LISTENERS_PER_CLIENT: integer({
    min: 1,
    max: 100_000,
    default: 2_500,
    usedBy: GATEWAY,
    description:
      'Event streams and WebSockets of one API key, or where none is asked for of one address, per gateway; a further one is answered 429.',
  }),
  MAX_LISTENERS_PER_TENANT: integer({
    min: 1,
    max: 100_000,
    default: 2_500,
    usedBy: GATEWAY,
    description: 'With API keys, event streams and WebSockets of one tenant, per gateway; a further one is answered 429.',
  }),
  MAX_HELD_REQUESTS: integer({
    min: 1,
    max: 10_000,
    default: 200,
    usedBy: GATEWAY,
    description: 'Requests held at the same time by `Prefer: wait`, per gateway; a further one is answered at once.',
  }),
  MAX_HELD_REQUESTS_PER_CLIENT: integer({
    min: 1,
    max: 10_000,
    default: 100,
    usedBy: GATEWAY,
    description: 'Of these, of one API key, or where none is asked for of one address.',
  }),
  MAX_OPEN_BATCHES: integer({
    min: 1,
    max: 1_000,
    default: 16,
    usedBy: GATEWAY,
    description: 'Batches received at the same time, per gateway, each of up to some 15 MiB of memory; a further one is answered 503.',
  }),
  MAX_JSON_DEPTH: integer({
    min: 8,
    max: 64,
    default: 32,
    unit: 'levels',
    usedBy: GATEWAY,
    description: 'How deep JSON may be nested. MongoDB itself takes 100 levels, with those of the record.',
  }),
  MAX_JSON_ARRAY_LENGTH: integer({
    min: 100,
    max: 2_000_000,
    default: 100_000,
    unit: 'elements',
    usedBy: GATEWAY,
    description: 'Elements of one array in a JSON body.',
  }),
  MAX_HEADER_BYTES: integer({
    min: 4_096,
    max: 65_536,
    default: 16_384,
    unit: 'bytes',
    usedBy: GATEWAY,
    description: 'URL and headers of a request together; more is answered 431.',
  }),
  MAX_HEADERS: integer({
    min: 20,
    max: 1_000,
    default: 100,
    usedBy: GATEWAY,
    description: 'Header lines of a request; more is answered 431.',
  }),
  MAX_URL_BYTES: integer({
    min: 512,
    max: 65_536,
    default: 8_192,
    unit: 'bytes',
    usedBy: GATEWAY,
    description: 'Path and query of a request; more is answered 414.',
  }),
  HEADERS_TIMEOUT_MS: integer({
    min: 1_000,
    max: 120_000,
    default: 10_000,
    unit: 'ms',
    usedBy: GATEWAY,
    description: 'The headers of a request must have arrived after this long; else 408.',
  }),
  BODY_TIMEOUT_MS: integer({
    min: 1_000,
    max: 600_000,
    default: 30_000,
    unit: 'ms',
    usedBy: GATEWAY,
    description: 'A JSON body must have arrived after this long; else 408.',
  }),
  REQUEST_TIMEOUT_MS: integer({
    min: 60_000,
    max: 24 * HOUR_MS,
    default: 6 * HOUR_MS,
    unit: 'ms',
    usedBy: GATEWAY,
    description: 'Every request must have arrived after this long, an upload over a slow line too; else 408.',
  }),
  IDLE_TIMEOUT_MS: integer({
    min: 20_000,
    max: HOUR_MS,
    default: 60_000,
    unit: 'ms',
    usedBy: GATEWAY,
    description:
      'A connection with a request under way and no byte in either direction for this long is closed. Event streams send one each 10 s.',
  }),
  KEEP_ALIVE_TIMEOUT_MS: integer({
    min: 1_000,
    max: 600_000,
    default: 65_000,
    unit: 'ms',
    usedBy: GATEWAY,
    description: 'A connection may wait for its next request this long. Above that of the load balancer, so that this one closes first.',
  }),
};
