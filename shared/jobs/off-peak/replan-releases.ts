import { groupBy } from '../../domain/group-by.ts';
import { startByOf, windowsFor } from '../../domain/off-peak/off-peak-hold.ts';
import { replan } from '../../domain/transitions.ts';
import { type CalendarWindow, occurrenceAt } from '../../domain/windows/calendar-window.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Controls } from '../../ports/controls.ts';
import type { JobStore } from '../../ports/job-store.ts';
import type { LeaseStore } from '../../ports/lease-store.ts';
import type { OffPeakJobs, ScheduledOffPeakJob } from '../../ports/off-peak-jobs.ts';
import type { PostponedJobs } from '../../ports/postponed-jobs.ts';
import type { PlannedWindow, ReleaseLines, ReleasePlan } from '../../ports/release-lines.ts';
import { wakeFound } from '../wake-postponed.ts';
import type { OffPeakPlanner, OffPeakWish } from './off-peak-planner.ts';

const LEASE = 'replan-releases';
const LEASE_MS = 60_000;
const PAGE = 500;
/** In one run; the next goes on. */
const MOST_PLANNED = 20_000;
/** Gateways plan by windows that they have read up to a second before: what they insert after a change is found after this. */
const SETTLES_MS = 5_000;

export interface ReplanDeps {
  readonly controls: Pick<Controls, 'read'>;
  readonly lines: Pick<ReleaseLines, 'readPlan' | 'notePlan'>;
  readonly offPeakJobs: Pick<OffPeakJobs, 'scheduled'>;
  readonly planner: Pick<OffPeakPlanner, 'place'>;
  readonly store: Pick<JobStore, 'apply'>;
  readonly leases: LeaseStore;
  readonly owner: string;
  readonly postponed: PostponedJobs;
  readonly clock: Clock;
}

type Kind = Pick<CalendarWindow, 'effect' | 'name' | 'types'>;

/** What a walk over the jobs goes by. */
interface Walk {
  /** Begins the tokens of the jobs that it has planned. */
  readonly id: string;
  /** Windows that have changed, as they were and as they are. */
  readonly changed: readonly Kind[];
  /** Windows that have not. */
  readonly same: readonly CalendarWindow[];
  /** The store's clock at its beginning. */
  readonly now: Date;
}

const markOf = ({ revision, createdAt }: CalendarWindow): string => `${revision}@${createdAt.toISOString()}`;
const plannedOf = (window: CalendarWindow): PlannedWindow => {
  return { name: window.name, mark: markOf(window), ...(window.types && { types: window.types }) };
};

/**
 * Plans the releases of SCHEDULED off-peak jobs again after a window was changed, made or removed, and wakes those held since. One scheduler at a time, under a
 * lease; one that is killed is followed by another, which passes by the jobs that have been planned. @returns jobs planned.
 */
export async function replanReleases(deps: ReplanDeps, signal: AbortSignal): Promise<number> {
  const { now, windows: all } = await deps.controls.read();
  const windows = all.filter(({ effect }) => effect === 'off_peak');
  const plan = await deps.lines.readPlan();
  const planned = windows.map(plannedOf);
  if (plan && !plan.under && marksOf(plan.windows) === marksOf(planned)) return 0;
  if (!(await deps.leases.tryAcquire(LEASE, deps.owner, LEASE_MS))) return 0;
  try {
    // Who has never planned has nothing that an older window has placed.
    if (!plan) await deps.lines.notePlan({ windows: planned });
    else if (plan.under?.marks !== marksOf(planned)) {
      await deps.lines.notePlan({ windows: plan.windows, under: { id: deps.clock.uuid(), marks: marksOf(planned), since: now } });
    } else if (now.getTime() - plan.under.since.getTime() >= SETTLES_MS) {
      return await planAgain(deps, { ...changesSince(plan, windows), id: plan.under.id, now }, planned, signal);
    }
    return 0;
  } finally {
    await deps.leases.release(LEASE, deps.owner);
  }
}

function marksOf(windows: readonly PlannedWindow[]): string {
  return windows
    .map(({ name, mark }) => `${name}=${mark}`)
    .sort()
    .join(',');
}

function changesSince({ windows: before }: ReleasePlan, windows: readonly CalendarWindow[]): Pick<Walk, 'changed' | 'same'> {
  const isSame = (name: string, mark: string, among: readonly PlannedWindow[]) =>
    among.some((one) => one.name === name && one.mark === mark);
  const [is, was] = [windows.map(plannedOf), before];
  const gone = was.filter(({ name, mark }) => !isSame(name, mark, is)).map((one) => ({ ...one, effect: 'off_peak' as const }));
  const same = windows.filter((window) => isSame(window.name, markOf(window), was));
  return { changed: [...gone, ...windows.filter((window) => !same.includes(window))], same };
}

/** @returns jobs planned. */
async function planAgain(deps: ReplanDeps, walk: Walk, planned: readonly PlannedWindow[], signal: AbortSignal): Promise<number> {
  let moved = 0;
  for await (const page of deps.offPeakJobs.scheduled(PAGE)) {
    if (signal.aborted || moved >= MOST_PLANNED || !(await deps.leases.tryAcquire(LEASE, deps.owner, LEASE_MS))) return moved;
    moved += await movePage(deps, walk, page);
  }
  // Those that were released and held again look anew whether, or until when, they have to wait.
  moved += await wakeFound(deps, { onlyOffPeak: true }, MOST_PLANNED, signal);
  if (!signal.aborted) await deps.lines.notePlan({ windows: planned });
  return moved;
}

/** Those that a changed window held, and none that has not changed would hold at the same moment. */
function hasToMove({ id, changed, same }: Walk, job: ScheduledOffPeakJob): boolean {
  if (job.by.startsWith(id)) return false;
  return windowsFor(changed, job).length > 0 && !windowsFor(same, job).some((window) => occurrenceAt(window, job.due));
}

function wishOf(job: ScheduledOffPeakJob): OffPeakWish {
  const { type, deadlineAt, offPeak } = job;
  const startBy = startByOf(job);
  return {
    ...{ type, offPeak },
    ...(deadlineAt && { deadlineAt }),
    ...(startBy && { startBy }),
    ...(offPeak.notBefore && { runAt: offPeak.notBefore }),
  };
}

async function movePage(deps: ReplanDeps, walk: Walk, page: readonly ScheduledOffPeakJob[]): Promise<number> {
  const jobs = page.filter((job) => hasToMove(walk, job));
  const places = jobs.length === 0 ? [] : await deps.planner.place(jobs.map(wishOf), walk.now);
  const moves = jobs.map((job, index) => ({ ...job, at: places[index]!.runAt ?? walk.now }));
  let moved = 0;
  // Alike in these they share one write.
  for (const [, [first, ...rest]] of groupBy(moves, ({ gen, at }) => `${gen}|${at.getTime()}`)) {
    const group = [first!, ...rest];
    const terms = { gen: first!.gen, by: group.map(({ by }) => by), token: `${walk.id}/${deps.clock.uuid()}`, at: first!.at };
    moved += await deps.store.apply(
      group.map(({ id }) => id),
      replan(terms),
    );
  }
  return moved;
}
