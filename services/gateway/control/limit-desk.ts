import type { Limit } from '../../../shared/domain/control/limit.ts';
import { LANES } from '../../../shared/domain/job.ts';
import { LANE_WEIGHTS } from '../../../shared/jobs/lane-queue.ts';
import type { ControlSet } from '../../../shared/ports/controls.ts';
import type { LimitRequest } from '../../../shared/schema/limit-request.ts';
import type { GatewayDeps } from '../gateway-deps.ts';
import { Problem } from '../problems.ts';
import { invalidRequest } from '../query.ts';

/** Sets a limit, in place of one for the same jobs. @throws Problem invalid_request. */
export function setLimit({ controls, pipelines }: GatewayDeps, request: LimitRequest, by: string): Promise<Limit> {
  const { stage, tenant, key, concurrency, starts_per_second: startsPerSecond, reason } = request;
  if (stage !== undefined && !pipelines.stageNames().includes(stage)) {
    throw invalidRequest([{ pointer: '/stage', detail: `is no stage; there are ${pipelines.stageNames().join(', ')}` }]);
  }
  const named = Object.entries({ stage, tenant, key }).filter(([, value]) => value !== undefined);
  const terms = { ...(concurrency !== undefined && { concurrency }), ...(startsPerSecond !== undefined && { startsPerSecond }) };
  return controls.limit({ selector: Object.fromEntries(named), ...terms, reason, by });
}

function limitNotFound(id: string): Problem {
  return new Problem('limit_not_found', { detail: `There is no limit ${JSON.stringify(id.slice(0, 200))}.` });
}

/** @throws Problem limit_not_found. */
export async function findLimit({ controls }: GatewayDeps, id: string): Promise<Limit> {
  const limit = (await controls.read()).limits.find((one) => one.id === id);
  if (limit) return limit;
  throw limitNotFound(id);
}

/** @throws Problem limit_not_found. */
export async function endLimit({ controls }: GatewayDeps, id: string): Promise<void> {
  if (!(await controls.endLimit(id))) throw limitNotFound(id);
}

/** A limit as the control plane shows it. */
export function limitView({ id, selector, concurrency, startsPerSecond, reason, by, createdAt }: Limit) {
  const links = { self: `/admin/v1/limits/${encodeURIComponent(id)}` };
  const terms = { concurrency, starts_per_second: startsPerSecond };
  return { limit_id: id, ...selector, ...terms, reason, by, created_at: createdAt.toISOString(), links };
}

/** The weights of the lanes, and who set them. */
export function lanesView({ laneWeights }: Pick<ControlSet, 'laneWeights'>) {
  const weights = laneWeights?.weights ?? LANE_WEIGHTS;
  return {
    lanes: LANES.map((lane) => ({ lane, weight: weights[lane], default_weight: LANE_WEIGHTS[lane] })),
    ...(laneWeights && { reason: laneWeights.reason, by: laneWeights.by, since: laneWeights.createdAt.toISOString() }),
  };
}
