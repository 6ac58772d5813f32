import type { Durations, Spread } from './durations.ts';

/** A wait in a queue that is worked off at a known rate lasts half as long again in one of ten cases. */
const WAIT_SPREAD = 0.5;
/** So many in a queue that had none waiting at the last sample are a burst: how long others waited lately says nothing of it. */
const BURST = 20;

/** What is known of one stage, for one type and lane. */
export interface StageOutlook {
  /** How long the stage took lately. */
  readonly service: Durations;
  /** How long jobs waited for it lately. */
  readonly waits: Durations;
  /** Jobs queued there. */
  readonly queued: number;
  /** Whether some of them have waited since the sample before: then the rate tells how long it takes. */
  readonly isBacklogged: boolean;
  /** How long so many take to leave the queue; undefined while the rate is not known. */
  drainMs(jobs: number): number | undefined;
}

/** Where a job is. */
export type JobPlace =
  | { readonly kind: 'running'; readonly stage: number; readonly elapsedMs: number }
  /** `position` from 1; a job that is due later only is behind all that wait now. */
  | { readonly kind: 'waiting'; readonly stage: number; readonly position: number; readonly dueInMs: number };

/** Predictions in one phase are alike. Behind a long queue others count than behind a short one. */
export function phaseOf(place: JobPlace): 'running' | 'waiting' | 'waiting_long' {
  if (place.kind === 'running') return 'running';
  return place.position > BURST ? 'waiting_long' : 'waiting';
}

interface Reached {
  readonly p50Ms: number;
  /** Square of the distance from p50 to p90: distances of independent parts add up so. */
  readonly spread2: number;
}

const plus = ({ p50Ms, spread2 }: Reached, part: Spread): Reached => ({
  p50Ms: p50Ms + part.p50Ms,
  spread2: spread2 + (part.p90Ms - part.p50Ms) ** 2,
});

/** When the job leaves the queue: the queue is worked off while the job is on its way to it. @param ahead with the job itself. */
function afterQueue(reached: Reached, outlook: StageOutlook, ahead: number): Reached | undefined {
  const drainMs = outlook.drainMs(ahead);
  const isKnownByRate = outlook.isBacklogged || ahead > BURST;
  if (isKnownByRate) {
    if (drainMs === undefined || !Number.isFinite(drainMs)) return undefined;
    return drainMs <= reached.p50Ms ? reached : { p50Ms: drainMs, spread2: Math.max((drainMs * WAIT_SPREAD) ** 2, reached.spread2) };
  }
  const lately = outlook.waits.spread();
  if (lately) return plus(reached, lately);
  return drainMs !== undefined && Number.isFinite(drainMs)
    ? plus(reached, { p50Ms: drainMs, p90Ms: drainMs * (1 + WAIT_SPREAD) })
    : undefined;
}

/**
 * How long a job will take until it has ended: what is left of the stage that it is in, then for each stage the wait in its queue
 * and its work. @param stages of its pipeline, in order. @returns undefined where something is not known.
 */
export function remainingTime(place: JobPlace, stages: readonly StageOutlook[]): Spread | undefined {
  const isRunning = place.kind === 'running';
  let reached: Reached | undefined = { p50Ms: isRunning ? 0 : place.dueInMs, spread2: 0 };
  if (isRunning) {
    const left = stages[place.stage]?.service.left(place.elapsedMs);
    reached = left && plus(reached, left);
  }
  let ahead = isRunning ? 1 : place.position;
  for (let stage = isRunning ? place.stage + 1 : place.stage; reached && stage < stages.length; stage += 1) {
    const outlook: StageOutlook = stages[stage]!;
    const isOwnQueue = !isRunning && stage === place.stage;
    if (!isOwnQueue) ahead += outlook.queued;
    const claimed = afterQueue(reached, outlook, ahead);
    const service = outlook.service.spread();
    reached = claimed && service && plus(claimed, service);
  }
  return reached && { p50Ms: reached.p50Ms, p90Ms: reached.p50Ms + Math.sqrt(reached.spread2) };
}
