import { isOver, type Pause } from '../domain/control/pause.ts';
import { groupBy } from '../domain/group-by.ts';
import type { Pipelines } from '../domain/pipeline.ts';
import { RELAY_AGAIN_MS, rearm } from '../domain/transitions.ts';
import { type CalendarWindow, occurrenceAt } from '../domain/windows/calendar-window.ts';
import type { Clock } from '../ports/clock.ts';
import type { Controls } from '../ports/controls.ts';
import type { JobStore } from '../ports/job-store.ts';
import type { PostponedFilter, PostponedJobs } from '../ports/postponed-jobs.ts';

export interface WakePostponedDeps {
  readonly controls: Pick<Controls, 'read' | 'forgetPause'>;
  readonly postponed: PostponedJobs;
  readonly store: Pick<JobStore, 'apply'>;
  readonly pipelines: Pipelines;
  readonly clock: Clock;
}

/** Jobs owed at once by one write. */
const BATCH = 500;
/** In one run; the relay rings no more either. */
export const MOST_WOKEN = 20_000;
/** Workers may not know of the end yet, and postpone more: a pause is looked after for so long, and then forgotten. */
const LOOK_AFTER_MS = 30_000;
/** What is owed sooner is so for other reasons (docs/protocol.md, T1 and the relay), and comes by itself. */
const LATER_THAN_MS = RELAY_AGAIN_MS + 1_000;

/** Owes the jobs of pauses that have ended at once, and forgets the pauses. @returns jobs owed. */
export async function wakePostponed(deps: WakePostponedDeps, signal: AbortSignal): Promise<number> {
  const { now, pauses, windows } = await deps.controls.read();
  // Held for their window, they would be claimed in vain.
  const isClosed = windows.some(isOffPeak) && !windows.some((window) => isOffPeak(window) && occurrenceAt(window, now));
  let woken = 0;
  for (const pause of pauses.filter((one) => isOver(one, now))) {
    const filter = { ...filterOf(pause, deps.pipelines), ...(isClosed && { exceptOffPeak: true as const }) };
    woken += await wakeFound(deps, filter, MOST_WOKEN, signal);
    if (!signal.aborted && now.getTime() - endOf(pause).getTime() > LOOK_AFTER_MS) await deps.controls.forgetPause(pause.id, pause.token);
  }
  return woken;
}

/** Of a pause that is over. */
function endOf({ endedAt, until }: Pause): Date {
  return endedAt ?? until!;
}

const isOffPeak = ({ effect }: CalendarWindow): boolean => effect === 'off_peak';

/** Owes what the filter finds at once. @returns jobs owed. */
export async function wakeFound(
  deps: Pick<WakePostponedDeps, 'postponed' | 'store' | 'clock'>,
  filter: PostponedFilter,
  most: number,
  signal: AbortSignal,
): Promise<number> {
  let woken = 0;
  while (woken < most && !signal.aborted) {
    const bells = await deps.postponed.find(filter, LATER_THAN_MS, Math.min(BATCH, most - woken));
    let changed = 0;
    for (const [gen, group] of groupBy(bells, (bell) => bell.gen)) {
      changed += await deps.store.apply(
        group.map(({ id }) => id),
        rearm(gen, deps.clock.uuid()),
      );
    }
    woken += changed;
    if (bells.length < BATCH || changed === 0) break;
  }
  return woken;
}

function filterOf({ selector: { stage, type, tenant } }: Pause, pipelines: Pipelines): PostponedFilter {
  return {
    ...(tenant !== undefined && { tenant }),
    ...(type !== undefined && { type }),
    ...(stage !== undefined && { places: placesOf(stage, pipelines) }),
  };
}

function placesOf(stageName: string, pipelines: Pipelines): { readonly type: string; readonly stage: number }[] {
  return pipelines.all().flatMap(({ name: type, stages }) => {
    const stage = stages.findIndex(({ name }) => name === stageName);
    return stage < 0 ? [] : [{ type, stage }];
  });
}
