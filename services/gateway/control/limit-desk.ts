import { type Limit, limitIdOf } from '../../../shared/domain/control/limit.ts';
import { LANES } from '../../../shared/domain/job.ts';
import { LANE_WEIGHTS } from '../../../shared/jobs/lane-queue.ts';
import type { ControlSet } from '../../../shared/ports/controls.ts';
import type { LimitRequest } from '../../../shared/schema/limit-request.ts';
import type { GatewayDeps } from '../gateway-deps.ts';
import { Problem } from '../problems.ts';
import { invalidRequest } from '../query.ts';

/** Sets a limit, in place of one for the same jobs. @throws Problem invalid_request. */
export async function setLimit(deps: GatewayDeps, request: LimitRequest, by: string): Promise<Limit> {
  const { controls, pipelines } = deps;
  const { stage, tenant, key, concurrency, starts_per_second: startsPerSecond, reason } = request;
  if (stage !== undefined && !pipelines.stageNames().includes(stage)) {
    throw invalidRequest([{ pointer: '/stage', detail: `is no stage; there are ${pipelines.stageNames().join(', ')}` }]);
  }
  const named = Object.entries({ stage, tenant, key }).filter(([, value]) => value !== undefined);
  const terms = { ...(concurrency !== undefined && { concurrency }), ...(startsPerSecond !== undefined && { startsPerSecond }) };
  const selector = Object.fromEntries(named);
  const before = (await controls.read()).limits.find(({ id }) => id === limitIdOf(selector));
  const limit = await controls.limit({ selector, ...terms, reason, by });
  if (startsPerSecond === undefined) await wakeHeldByRate(deps, before);
  return limit;
}

/** What a rate that is no more has made wait is owed again, as after a pause of its tenant. */
async function wakeHeldByRate({ windows, clock }: GatewayDeps, limit: Limit | undefined): Promise<void> {
  if (limit?.startsPerSecond === undefined || limit.selector.tenant === undefined) return;
  const { id, selector, reason, by, createdAt } = limit;
  await windows.leaveEnded({ id: `limit=${id}`, selector: { tenant: selector.tenant! }, reason, by, createdAt, token: clock.uuid() });
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
export async function endLimit(deps: GatewayDeps, id: string): Promise<void> {
  const limit = (await deps.controls.read()).limits.find((one) => one.id === id);
  if (!(await deps.controls.endLimit(id))) throw limitNotFound(id);
  await wakeHeldByRate(deps, limit);
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
