import type { ProcessMetrics } from './metrics.ts';

/** Whoever sends callbacks (shared/jobs/send-callbacks.ts). */
export interface MeteredCallbacks {
  readonly counters: Readonly<Record<'delivered' | 'failed' | 'dead', number>>;
}

/** Shows what became of attempts to deliver callbacks. */
export function addCallbackMetrics(metrics: ProcessMetrics, { counters }: MeteredCallbacks): void {
  metrics.readMany('jobline_callback_attempts_total', () =>
    Object.entries(counters).map(([outcome, value]) => ({ labels: { outcome }, value })),
  );
}
