import type { ProcessMetrics } from './metrics.ts';

/** Whoever predicts when jobs end (shared/jobs/eta-keeper.ts). */
export interface MeteredEta {
  readonly figures: {
    readonly calibration: { readonly ended: Readonly<Record<'by_p50' | 'by_p90' | 'later', number>>; readonly withinP90?: number };
    readonly failures: number;
  };
}

/** Shows how well predictions come true. */
export function addEtaMetrics(metrics: ProcessMetrics, eta: MeteredEta): void {
  metrics.readMany('jobline_eta_ended_total', () =>
    Object.entries(eta.figures.calibration.ended).map(([result, value]) => ({ labels: { result }, value })),
  );
  metrics.read('jobline_eta_met_ratio', () => eta.figures.calibration.withinP90);
  metrics.read('jobline_eta_failures_total', () => eta.figures.failures);
}
