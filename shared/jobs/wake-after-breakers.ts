import { type Breaker, nextProbeAt, standOf } from '../domain/control/breaker.ts';
import { dependenciesOf, type OutsideSites, positionsOf } from './outside/outside-sites.ts';
import { MOST_WOKEN, type WakePostponedDeps, wakeFound } from './wake-postponed.ts';

export interface WakeAfterBreakersDeps extends WakePostponedDeps {
  readonly sites: OutsideSites;
}

/** Workers may not know that it is closed yet, and hold more back: it is looked after for so long. */
const LOOK_AFTER_MS = 30_000;
/** A probe that nobody has taken for so long wants a job. */
const UNTAKEN_MS = 3_000;
const PROBING_JOBS = 3;

/** Owes the jobs of breakers that were closed at once, and a few of those whose probe nobody takes. @returns jobs owed. */
export async function wakeAfterBreakers(deps: WakeAfterBreakersDeps, signal: AbortSignal): Promise<number> {
  const dependencies = dependenciesOf(deps.sites);
  if (dependencies.size === 0) return 0;
  const { now, breakers } = await deps.controls.read();
  let woken = 0;
  for (const breaker of breakers) {
    const most = mostWoken(breaker, now);
    const places = positionsOf(dependencies.get(breaker.id) ?? [], deps.pipelines);
    if (most > 0 && places.length > 0 && !signal.aborted) woken += await wakeFound(deps, { places }, most, signal);
  }
  return woken;
}

function mostWoken(breaker: Breaker, now: Date): number {
  if (breaker.state === 'closed') return now.getTime() - breaker.since.getTime() <= LOOK_AFTER_MS ? MOST_WOKEN : 0;
  const next = nextProbeAt(breaker);
  const isUntaken = standOf(breaker, now).kind === 'probe' && next !== undefined && now.getTime() - next.getTime() > UNTAKEN_MS;
  return isUntaken ? PROBING_JOBS : 0;
}
