import type { ProcessMetrics } from './metrics.ts';

type ListenerKind = 'sse' | 'websocket';

/** The parts of a gateway that count. */
export interface MeteredGateway {
  readonly gate: {
    readonly figures: {
      readonly waiting: number;
      readonly maxWaiting: number;
      readonly admitted: number;
      readonly refused: number;
      readonly returnMs: number;
    };
  };
  readonly submitter: { readonly waiting: number };
  readonly guard: { readonly isClosed: boolean };
  readonly audit?: { readonly figures: { readonly written: number; readonly dropped: number; readonly waiting: number } };
  readonly live: {
    readonly clients: {
      readonly limit: number;
      readonly counts: {
        readonly events: Readonly<Record<ListenerKind, number>>;
        readonly coalesced: Readonly<Record<ListenerKind, number>>;
        readonly left: Readonly<Record<string, number>>;
      };
      open(kind: ListenerKind): number;
    };
    readonly fanOut: {
      readonly isOpen: boolean;
      readonly jobs: number;
      readonly figures: { readonly changes: number; readonly gaps: number };
    };
  };
  readonly servers: readonly { readonly name: string; readonly inFlight: number }[];
}

/** Shows how near a gateway is to its bounds. */
export function addGatewayMetrics(metrics: ProcessMetrics, { gate, submitter, guard, live, servers, audit }: MeteredGateway): void {
  addListenerMetrics(metrics, live);
  metrics.readEach('jobline_gate_jobs_total', 'result', {
    admitted: () => gate.figures.admitted,
    refused: () => gate.figures.refused,
  });
  metrics.read('jobline_gate_waiting_jobs', () => gate.figures.waiting);
  metrics.read('jobline_gate_waiting_jobs_limit', () => gate.figures.maxWaiting);
  metrics.read('jobline_gate_return_seconds', () => gate.figures.returnMs / 1_000);
  metrics.read('jobline_inserts_waiting', () => submitter.waiting);
  metrics.read('jobline_store_guard_closed', () => (guard.isClosed ? 1 : 0));
  if (audit) {
    metrics.readEach('jobline_audit_entries_total', 'result', {
      written: () => audit.figures.written,
      dropped: () => audit.figures.dropped,
    });
    metrics.read('jobline_audit_entries_waiting', () => audit.figures.waiting);
  }
  metrics.readMany('jobline_http_requests_in_flight', () =>
    servers.map(({ name, inFlight }) => ({ labels: { listener: name }, value: inFlight })),
  );
}

function addListenerMetrics(metrics: ProcessMetrics, { clients, fanOut }: MeteredGateway['live']): void {
  const byKind = (read: (kind: ListenerKind) => number) => ({ sse: () => read('sse'), websocket: () => read('websocket') });
  const { counts } = clients;
  metrics.readEach(
    'jobline_listeners',
    'kind',
    byKind((kind) => clients.open(kind)),
  );
  metrics.read('jobline_listeners_limit', () => clients.limit);
  metrics.readMany('jobline_listeners_left_total', () =>
    Object.entries(counts.left).map(([reason, value]) => ({ labels: { reason }, value })),
  );
  metrics.readEach(
    'jobline_listener_events_total',
    'kind',
    byKind((kind) => counts.events[kind]),
  );
  metrics.readEach(
    'jobline_listener_coalesced_total',
    'kind',
    byKind((kind) => counts.coalesced[kind]),
  );
  metrics.read('jobline_listened_jobs', () => fanOut.jobs);
  metrics.read('jobline_job_changes_open', () => (fanOut.isOpen ? 1 : 0));
  metrics.read('jobline_job_changes_total', () => fanOut.figures.changes);
  metrics.read('jobline_job_changes_gaps_total', () => fanOut.figures.gaps);
}
