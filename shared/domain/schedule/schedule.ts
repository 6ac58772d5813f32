import type { AskedLane } from '../job.ts';

/** When a schedule ticks: by a cron expression of 5 or 6 fields in its time zone, or each so many seconds. */
export type Timing =
  | { readonly kind: 'cron'; readonly expression: string; readonly timeZone: string }
  | { readonly kind: 'interval'; readonly everySeconds: number; readonly anchorAt: Date; readonly timeZone: string };

/** What becomes of ticks that nobody was there for: none is run, the newest, or the newest `max`. */
export const CATCH_UP_POLICIES = ['skip', 'once', 'all'] as const;
export type CatchUpPolicy = (typeof CATCH_UP_POLICIES)[number];

/** What becomes of a tick while the job of one before is at work. */
export const OVERLAP_POLICIES = ['allow', 'skip', 'queue'] as const;
export type OverlapPolicy = (typeof OVERLAP_POLICIES)[number];

export interface CatchUp {
  readonly policy: CatchUpPolicy;
  /** With `all`: at most so many, 1..1,000. */
  readonly max: number;
  /** A tick that is handled later than this was missed, 0..86,400 s. */
  readonly graceSeconds: number;
}

/** The job that each tick makes; placeholders in its strings are filled in (docs/schedules.md). */
export interface JobTemplate {
  readonly type: string;
  readonly input: unknown;
  readonly options?: unknown;
  readonly lane: AskedLane;
  readonly maxAttempts?: number;
  readonly tags?: readonly string[];
  /** Whether it waits for an off-peak window, or for which; absent: as its type does. */
  readonly offPeak?: boolean | string;
  /** The job's deadline_at, counted from the tick's instant. */
  readonly deadlineAfterSeconds?: number;
}

/** What the user says of a schedule. */
export interface ScheduleSpec {
  readonly name: string;
  readonly timing: Timing;
  readonly job: JobTemplate;
  readonly catchUp: CatchUp;
  readonly overlap: OverlapPolicy;
  /** The first instant that may tick. */
  readonly startAt?: Date;
  /** The first instant that may not tick any more. */
  readonly endAt?: Date;
}

/** Ticks in [from, until) are skipped; without `until` until somebody resumes. */
export interface Pause {
  readonly from: Date;
  readonly until?: Date;
}

/** Where a tick comes from: the schedule itself, a backfill, somebody who asked for a run, or a stretch of missed ticks. */
export type TickKind = 'scheduled' | 'backfill' | 'manual' | 'gap';

/** Why a tick made no job. */
export type SkipReason =
  | 'missed'
  | 'caught_up_by_later'
  | 'catch_up_limit'
  | 'too_many_missed'
  | 'paused'
  | 'overlap'
  | 'queue_full'
  | 'quota_exceeded';

/** What is to be done with a tick, once that is decided for good. */
export interface TickDecision {
  readonly id: string;
  readonly at: Date;
  readonly kind: TickKind;
  readonly action: 'run' | 'skip' | 'wait';
  readonly reason?: SkipReason;
  /** Of kind `gap`: the last instant of the stretch. */
  readonly lastAt?: Date;
  /** The ledger has it already, in a state that it leaves. */
  readonly isKnown?: true;
}

/** A tick whose job holds, or waits for, the one place that `skip` and `queue` leave. */
export interface TickRef {
  readonly id: string;
  readonly at: Date;
  readonly kind: TickKind;
}

/** A schedule as it is stored. All that is decided about its ticks is one write of this record: whoever loses the race decides nothing. */
export interface ScheduleRecord {
  readonly id: string;
  readonly tenant: string;
  /** +1 a write: what writes are compared by. */
  readonly version: number;
  /** +1 a change by the user. */
  readonly revision: number;
  readonly spec: ScheduleSpec;
  /** Fingerprint of the request that made it. */
  readonly requestHash: string;
  readonly pauses: readonly Pause[];
  /** Ticks up to here are decided. */
  readonly cursorAt: Date;
  /** Decided, and not yet in the ledger and submitted. */
  readonly outbox: readonly TickDecision[];
  /** Whose job is at work, where the overlap policy has to know. */
  readonly slot?: TickRef;
  /** With `queue`: ticks that wait for the slot, oldest first. */
  readonly waiting: readonly TickRef[];
  /** When there is something to do next; absent once nothing will ever be. */
  readonly nextAt?: Date;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export const TICK_STATES = ['due', 'waiting', 'submitted', 'skipped', 'failed'] as const;
export type TickState = (typeof TICK_STATES)[number];

/** A line of the ledger. */
export interface Tick {
  readonly id: string;
  readonly scheduleId: string;
  readonly tenant: string;
  readonly at: Date;
  readonly kind: TickKind;
  readonly state: TickState;
  /** Of `skipped`: a SkipReason; of `failed`: the code of an error. */
  readonly reason?: string;
  /** A sentence on `failed`. */
  readonly detail?: string;
  readonly jobId?: string;
  readonly lastAt?: Date;
  readonly decidedAt: Date;
}

/** Whether ticks of this instant are skipped by a pause. */
export function isPausedAt(pauses: readonly Pause[], instant: Date): boolean {
  return pauses.some(({ from, until }) => from <= instant && (until === undefined || instant < until));
}

/** Before every clock, also that of a new primary which is behind. */
const AT_ONCE = new Date(0);

/** When somebody has to look at the record: at once where something is decided and not done, else when the next tick is due. */
export function dueAtOf({ outbox, nextAt }: Pick<ScheduleRecord, 'outbox' | 'nextAt'>): Date | undefined {
  return outbox.length > 0 ? AT_ONCE : nextAt;
}
