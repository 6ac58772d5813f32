import type { ProcessMetrics } from './metrics.ts';

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
  readonly servers: readonly { readonly name: string; readonly inFlight: number }[];
}

/** Shows how near a gateway is to its bounds. */
export function addGatewayMetrics(metrics: ProcessMetrics, { gate, submitter, guard, servers, audit }: MeteredGateway): void {
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
