import type { BreakerState } from '../../domain/control/breaker.ts';
import type { ProcessMetrics } from '../../runtime/metrics.ts';
import type { WorkerOutside } from './worker-outside.ts';

const STATE_VALUES: Readonly<Record<BreakerState, number>> = { closed: 0, half_open: 1, open: 2 };

/** Shows breakers as this worker knows them, what became of requests, and the tokens that models have used. */
export function addOutsideMetrics(metrics: ProcessMetrics, { guard, requests, tokens, summary }: WorkerOutside): void {
  const dependencies = [...requests.keys()];
  metrics.readMany('jobline_breaker_state', () => {
    const states = new Map([...guard.known()].map(({ id, state }) => [id, state]));
    return dependencies.map((dependency) => ({ labels: { dependency }, value: STATE_VALUES[states.get(dependency) ?? 'closed'] }));
  });
  metrics.readMany('jobline_breaker_trips_total', () =>
    dependencies.map((dependency) => ({ labels: { dependency }, value: guard.trips.get(dependency) ?? 0 })),
  );
  metrics.readMany('jobline_dependency_requests_total', () =>
    [...requests].flatMap(([dependency, counts]) =>
      Object.entries(counts).map(([outcome, value]) => ({ labels: { dependency, outcome }, value })),
    ),
  );
  if (!summary) return;
  const { model } = summary;
  metrics.readMany('jobline_summarize_tokens_total', () => [
    { labels: { model, kind: 'input' }, value: tokens.input },
    { labels: { model, kind: 'output' }, value: tokens.output },
  ]);
  metrics.readMany('jobline_summarize_cost_total', () => [{ labels: { model }, value: tokens.cost }]);
}
