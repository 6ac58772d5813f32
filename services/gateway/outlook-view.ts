import type { JobOutlook } from '../../shared/jobs/eta-keeper.ts';

/** Queue position and expected end as JSON has them. */
export function outlookFields({ queuePosition, eta }: JobOutlook): Readonly<Record<string, unknown>> {
  return {
    ...(queuePosition !== undefined && { queue_position: queuePosition }),
    ...(eta && { eta: { p50: eta.p50.toISOString(), p90: eta.p90.toISOString() } }),
  };
}
