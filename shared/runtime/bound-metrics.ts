import type { MeteredBound } from '../ports/metrics.ts';
import type { ProcessMetrics } from './metrics.ts';

/** Shows how near a gateway is to each of its bounds. */
export function addBoundMetrics(metrics: ProcessMetrics, bounds: readonly MeteredBound[]): void {
  const labelsOf = ({ listener, bound }: MeteredBound) => ({ listener, bound });
  metrics.readMany('jobline_bound_limit', () => bounds.map((one) => ({ labels: labelsOf(one), value: one.limit })));
  metrics.readMany('jobline_bound_in_use', () =>
    bounds.flatMap((one) => (one.inUse ? [{ labels: labelsOf(one), value: one.inUse() }] : [])),
  );
}
