import { type Breaker, type BreakerChange, nextProbeAt, setByHand } from '../../../shared/domain/control/breaker.ts';
import { StoreUnavailableError } from '../../../shared/domain/failures.ts';
import { dependenciesOf, type NeedingStage } from '../../../shared/jobs/outside/outside-sites.ts';
import type { BreakerRequest } from '../../../shared/schema/control-request.ts';
import type { GatewayDeps } from '../gateway-deps.ts';
import { Problem } from '../problems.ts';
import { invalidRequest } from '../query.ts';

type DeskDeps = Pick<GatewayDeps, 'breakers' | 'outside'>;

/** A breaker may be changed by workers at the same time: so often it is tried. */
const MOST_TRIES = 20;

/** What is known of a dependency, and who needs it. */
export interface SeenBreaker {
  readonly id: string;
  /** Absent: nothing has ever failed. */
  readonly breaker?: Breaker;
  readonly neededBy: readonly NeedingStage[];
}

/** All dependencies: those that are set, and those that were. */
export async function readBreakers({ breakers, outside }: DeskDeps): Promise<readonly SeenBreaker[]> {
  const { breakers: stored } = await breakers.list();
  const byId = new Map(stored.map((breaker) => [breaker.id, breaker]));
  const needed = dependenciesOf(outside);
  return [...new Set([...needed.keys(), ...byId.keys()])].sort().map((id) => {
    const breaker = byId.get(id);
    return { id, ...(breaker && { breaker }), neededBy: needed.get(id) ?? [] };
  });
}

/** @throws Problem breaker_not_found. */
export async function readBreaker(deps: DeskDeps, id: string): Promise<SeenBreaker> {
  const { breaker } = await deps.breakers.read(id);
  const neededBy = dependenciesOf(deps.outside).get(id);
  if (breaker || neededBy) return { id, ...(breaker && { breaker }), neededBy: neededBy ?? [] };
  throw new Problem('breaker_not_found', { detail: `No job type needs ${JSON.stringify(id.slice(0, 200))}.` });
}

/** Opens or closes it. @throws Problem breaker_not_found, invalid_request. */
export async function setBreaker(
  deps: DeskDeps,
  id: string,
  to: BreakerChange['to'],
  request: BreakerRequest & { by: string },
): Promise<SeenBreaker> {
  const { neededBy } = await readBreaker(deps, id);
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const { now, breaker: before } = await deps.breakers.read(id);
    const until = untilOf(request, now);
    const { reason, by } = request;
    const breaker = setByHand(before, id, to, { now, by, reason, ...(until && { until }) });
    if (await deps.breakers.swap(breaker)) return { id, breaker, neededBy };
  }
  throw new StoreUnavailableError('The breaker changes all the time.');
}

function untilOf({ until, for_seconds: seconds }: BreakerRequest, now: Date): Date | undefined {
  const endsAt = seconds === undefined ? (until === undefined ? undefined : new Date(until)) : new Date(now.getTime() + seconds * 1_000);
  if (endsAt && endsAt <= now) throw invalidRequest([{ pointer: '/until', detail: `must be later than ${now.toISOString()}` }]);
  return endsAt;
}

/** A breaker as the control plane shows it. */
export function breakerView({ id, breaker, neededBy }: SeenBreaker) {
  const next = breaker && nextProbeAt(breaker);
  return {
    breaker_id: id,
    state: breaker?.state ?? 'closed',
    since: breaker?.since.toISOString() ?? null,
    reason: breaker?.reason ?? null,
    by: breaker?.by,
    until: breaker?.until?.toISOString(),
    next_probe_at: next?.toISOString(),
    failed_probes: breaker?.failedProbes ?? 0,
    failures: breaker?.failures ?? 0,
    trips: breaker?.trips ?? 0,
    needed_by: neededBy,
    links: { self: `/admin/v1/breakers/${encodeURIComponent(id)}` },
  };
}

/** The changes between open and closed, the newest first. */
export function historyView({ breaker }: SeenBreaker) {
  return (breaker?.history ?? [])
    .map(({ at, to, reason, by, until }) => ({ at: at.toISOString(), to, reason, by, until: until?.toISOString() }))
    .reverse();
}
