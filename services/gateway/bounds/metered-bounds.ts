import type { Bound } from '../../../shared/domain/bounds.ts';
import type { MeteredBound } from '../../../shared/ports/metrics.ts';
import type { JobWaiters } from '../job-waiters.ts';
import type { LiveClients } from '../live/live-clients.ts';
import type { ConnectionCaps } from './connection-caps.ts';
import type { GatewayBounds } from './gateway-bounds.ts';

/** Limits of one request, by the bound that they are. */
export interface RequestLimits {
  readonly maxBodyBytes: number;
  readonly maxUploadBytes: number;
  readonly maxJsonDepth: number;
  readonly maxJsonArrayLength: number;
  readonly maxHeaderBytes: number;
  readonly maxHeaders: number;
  readonly maxUrlBytes: number;
}

/** The connections of a listener. */
export function connectionBounds(listener: string, caps: ConnectionCaps): readonly MeteredBound[] {
  return [
    { listener, bound: 'connections', limit: caps.limit, inUse: () => caps.open },
    { listener, bound: 'connections_per_address', limit: caps.perAddress.limit, inUse: () => caps.perAddress.most },
  ];
}

/** What of the API is under way at the same time. */
export function concurrencyBounds(
  { flights, uploads, batches }: GatewayBounds,
  clients: LiveClients,
  waiters: Pick<JobWaiters, 'limit' | 'waiting' | 'cap'>,
): readonly MeteredBound[] {
  const listener = 'api';
  return [
    { listener, bound: 'requests_per_client', limit: flights.cap.limit, inUse: () => flights.cap.most },
    { listener, bound: 'uploads', limit: uploads.limit, inUse: () => uploads.open },
    { listener, bound: 'batches', limit: batches.limit, inUse: () => batches.open },
    { listener, bound: 'listeners', limit: clients.limit, inUse: () => clients.open('sse') + clients.open('websocket') },
    { listener, bound: 'listeners_per_client', limit: clients.perClient.limit, inUse: () => clients.perClient.most },
    { listener, bound: 'listeners_per_tenant', limit: clients.perTenant.limit, inUse: () => clients.perTenant.most },
    { listener, bound: 'held_requests', limit: waiters.limit, inUse: () => waiters.waiting },
    { listener, bound: 'held_requests_per_client', limit: waiters.cap.limit, inUse: () => waiters.cap.most },
  ];
}

/** How large one request of the API may be. */
export function requestBounds(limits: RequestLimits): readonly MeteredBound[] {
  const sizes = {
    body_bytes: limits.maxBodyBytes,
    upload_bytes: limits.maxUploadBytes,
    json_depth: limits.maxJsonDepth,
    json_array_length: limits.maxJsonArrayLength,
    header_bytes: limits.maxHeaderBytes,
    headers: limits.maxHeaders,
    url_bytes: limits.maxUrlBytes,
  } as const;
  return Object.entries(sizes).map(([bound, limit]) => ({ listener: 'api', bound: bound as Bound, limit }));
}
