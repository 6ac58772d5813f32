/** What the gateway bounds, as metrics call it (docs/http.md, Bounds). */
export const BOUNDS = [
  'connections',
  'connections_per_address',
  'requests_per_client',
  'held_requests',
  'held_requests_per_client',
  'listeners',
  'listeners_per_client',
  'listeners_per_tenant',
  'uploads',
  'batches',
  'key_lookups',
  'request_rate',
  'waiting_jobs',
  'waiting_jobs_per_tenant',
  'body_bytes',
  'upload_bytes',
  'json_depth',
  'json_array_length',
  'header_bytes',
  'headers',
  'url_bytes',
  'request_time',
] as const;

export type Bound = (typeof BOUNDS)[number];
