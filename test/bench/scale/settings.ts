import type { JoblineOptions } from '../contenders/jobline/start-jobline.ts';
import { LONE_POSTS, WAITING_LANE } from './measure-waiting.ts';
import type { ScaleOrder } from './order.ts';

/** The default of MAX_WAITING_JOBS. */
const DEFAULT_WAITING = 500_000;
const BATCH_BYTES = 4_000_000;
const MOST_BATCH_JOBS = 500;

/** How the services run at a point, and what of it is not as `npm start` has it. */
export interface PointSettings {
  readonly options: JoblineOptions;
  readonly notes: readonly string[];
}

/** @param startedAt records made before are not of this measurement */
export function settingsOf({ curve, value, jobs }: ScaleOrder, startedAt: Date): PointSettings {
  switch (curve) {
    case 'stored':
      return { options: { lane: 'bulk', ours: { tenant: 'default', createdAt: { $gte: startedAt } } }, notes: [] };
    case 'waiting':
      return waitingSettings(value + 2 * jobs + LONE_POSTS);
    case 'payload':
      return { options: { lane: 'bulk', batchJobs: Math.max(Math.min(Math.floor(BATCH_BYTES / value), MOST_BATCH_JOBS), 1) }, notes: [] };
    case 'workers':
      return { options: { lane: 'bulk', scale: { 'p1-worker': value, 'p2-worker': value } }, notes: [] };
    case 'clients':
      return { options: { lane: 'standard', connections: value }, notes: [] };
  }
}

/** Workers that were stopped are to stay away. */
function waitingSettings(most: number): PointSettings {
  const common = { lane: WAITING_LANE, restart: false } as const;
  if (most <= DEFAULT_WAITING) return { options: common, notes: [] };
  const note = `MAX_WAITING_JOBS raised to ${most}: its default of ${DEFAULT_WAITING} refuses more.`;
  return { options: { ...common, env: { MAX_WAITING_JOBS: String(most) } }, notes: [note] };
}
