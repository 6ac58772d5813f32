import type { Lane, Links } from './api-types.ts';

/** The job that each tick of a schedule makes. */
export interface ScheduledJob {
  readonly type: string;
  /** Placeholders such as `{{tick.date}}` in its strings are filled in for each tick. */
  readonly input: unknown;
  readonly options?: unknown;
  /** Default: standard. */
  readonly lane?: Lane;
  readonly max_attempts?: number;
  readonly tags?: readonly string[];
  readonly deadline_after_seconds?: number;
  /** Whether it waits for an off-peak window; a name: for that one. */
  readonly off_peak?: boolean | string;
}

/** What a schedule is made of: a cron expression or an interval, and a job. */
export interface ScheduleFields {
  readonly name: string;
  /** 5 fields, or 6 with seconds first. Either this or `interval_seconds`. */
  readonly cron?: string;
  readonly interval_seconds?: number;
  /** IANA name. Default: UTC. */
  readonly time_zone?: string;
  readonly job: ScheduledJob;
  /** Of ticks that were missed run none (default), the newest, or the newest `max`. */
  readonly catch_up?: { readonly policy?: 'skip' | 'once' | 'all'; readonly max?: number; readonly grace_seconds?: number };
  /** Of a tick while the job of one before is at work. Default: allow. */
  readonly overlap?: 'allow' | 'skip' | 'queue';
  readonly start_at?: string;
  readonly end_at?: string;
}

/** A schedule. */
export interface Schedule {
  readonly schedule_id: string;
  readonly name: string;
  readonly state: 'active' | 'paused' | 'ended';
  /** When it ticks, in English. */
  readonly words: string;
  readonly cron?: string;
  readonly interval_seconds?: number;
  readonly time_zone: string;
  readonly start_at?: string;
  readonly end_at?: string;
  readonly paused_until?: string;
  readonly catch_up: { readonly policy: 'skip' | 'once' | 'all'; readonly max: number; readonly grace_seconds: number };
  readonly overlap: 'allow' | 'skip' | 'queue';
  readonly job: ScheduledJob;
  readonly revision: number;
  readonly created_at: string;
  readonly updated_at: string;
  readonly links: Links;
}

/** A schedule in the list. */
export interface ListedSchedule extends Schedule {
  readonly next_tick_at?: string;
  /** Ticks that wait for the job before. */
  readonly waiting: number;
}

/** A line of a schedule's ledger: an instant, and its job, or why there is none. */
export interface Tick {
  readonly tick_id: string;
  readonly scheduled_at: string;
  readonly kind: 'scheduled' | 'backfill' | 'manual' | 'gap';
  readonly state: 'due' | 'waiting' | 'submitted' | 'skipped' | 'failed';
  readonly reason?: string;
  readonly detail?: string;
  readonly last_at?: string;
  readonly job_id?: string;
  readonly decided_at: string;
  readonly links: Links;
}

/** Runs to come. */
export interface SchedulePreview {
  readonly words: string;
  readonly runs: readonly { readonly scheduled_at: string; readonly local: string; readonly warning?: string }[];
  /** Changes of the clocks in this time. */
  readonly warnings: readonly string[];
}

/** What a backfill does. */
export interface Backfill {
  readonly runs: number;
  readonly already_run: number;
  readonly first_at?: string;
  readonly last_at?: string;
  /** Others follow after `last_at`. */
  readonly is_more: boolean;
  readonly links: Links;
}
