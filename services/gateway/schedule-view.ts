import type { Preview } from '../../shared/domain/schedule/preview.ts';
import { isPausedAt, type ScheduleRecord, type Tick } from '../../shared/domain/schedule/schedule.ts';
import type { TickCalendar } from '../../shared/ports/tick-calendar.ts';

/** Path of a schedule. */
export const scheduleSelf = (id: string): string => `/v1/schedules/${id}`;

function stateOf({ pauses, nextAt, outbox }: ScheduleRecord, now: Date): 'active' | 'paused' | 'ended' {
  if (nextAt === undefined && outbox.length === 0) return 'ended';
  return isPausedAt(pauses, now) ? 'paused' : 'active';
}

/** A schedule as it is shown: nothing in it changes with a tick. */
export function scheduleView(calendar: TickCalendar, record: ScheduleRecord, now: Date) {
  const { id, spec, pauses, revision, createdAt, updatedAt } = record;
  const { timing, catchUp, job } = spec;
  const self = scheduleSelf(id);
  return {
    schedule_id: id,
    name: spec.name,
    state: stateOf(record, now),
    words: calendar.wordsOf(timing),
    ...(timing.kind === 'cron' ? { cron: timing.expression } : { interval_seconds: timing.everySeconds }),
    time_zone: timing.timeZone,
    start_at: spec.startAt?.toISOString(),
    end_at: spec.endAt?.toISOString(),
    paused_until: pauses.find((pause) => isPausedAt([pause], now))?.until?.toISOString(),
    catch_up: { policy: catchUp.policy, max: catchUp.max, grace_seconds: catchUp.graceSeconds },
    overlap: spec.overlap,
    job: {
      type: job.type,
      input: job.input,
      options: job.options,
      lane: job.lane,
      max_attempts: job.maxAttempts,
      tags: job.tags,
      off_peak: job.offPeak,
      deadline_after_seconds: job.deadlineAfterSeconds,
    },
    revision,
    created_at: createdAt.toISOString(),
    updated_at: updatedAt.toISOString(),
    links: { self, ticks: `${self}/ticks`, preview: `${self}/preview`, jobs: `/v1/jobs?q=${encodeURIComponent(`tag:schedule:${id}`)}` },
  };
}

/** A line of the ledger as it is shown. */
export function tickView({ id, at, kind, state, reason, detail, jobId, lastAt, decidedAt, scheduleId }: Tick) {
  return {
    tick_id: id,
    scheduled_at: at.toISOString(),
    kind,
    state,
    reason,
    detail,
    last_at: lastAt?.toISOString(),
    job_id: jobId,
    decided_at: decidedAt.toISOString(),
    links: { schedule: scheduleSelf(scheduleId), ...(jobId !== undefined && { job: `/v1/jobs/${jobId}` }) },
  };
}

/** Runs to come as they are shown. */
export function previewView(words: string, { runs, warnings }: Preview) {
  return { words, runs: runs.map(({ at, ...more }) => ({ scheduled_at: at.toISOString(), ...more })), warnings };
}
