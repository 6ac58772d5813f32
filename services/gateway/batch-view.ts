import type { BatchRule, BatchSpec } from '../../shared/domain/batches/batch-rule.ts';
import type { BatchItem, BatchRun } from '../../shared/domain/batches/batch-run.ts';
import type { TickCalendar } from '../../shared/ports/tick-calendar.ts';

export const ruleSelf = (id: string): string => `/admin/v1/batch-rules/${id}`;
export const runSelf = (id: string): string => `/admin/v1/batch-runs/${id}`;

function specView({ name, tenant, query, action, timing, maxJobs, ratePerSecond }: BatchSpec) {
  return {
    name,
    tenant,
    query,
    action:
      action.kind === 'replay' ? { kind: 'replay', from: action.fromBeginning ? 'beginning' : 'failed_stage' } : submitView(action.job),
    cron: timing.expression,
    time_zone: timing.timeZone,
    max_jobs: maxJobs,
    rate_per_second: ratePerSecond,
  };
}

function submitView({ maxAttempts, deadlineAfterSeconds, ...job }: Extract<BatchSpec['action'], { kind: 'submit' }>['job']) {
  return { kind: 'submit', job: { ...job, max_attempts: maxAttempts, deadline_after_seconds: deadlineAfterSeconds } };
}

/** A rule as operators see it. */
export function ruleView(calendar: TickCalendar, rule: BatchRule) {
  const { id, spec, isEnabled, cursorAt, nextAt, by, createdAt, updatedAt } = rule;
  return {
    rule_id: id,
    ...specView(spec),
    enabled: isEnabled,
    words: calendar.wordsOf(spec.timing),
    watermark: cursorAt.toISOString(),
    next_run_at: nextAt?.toISOString(),
    set_by: by,
    created_at: createdAt.toISOString(),
    updated_at: updatedAt.toISOString(),
    links: { self: ruleSelf(id), run: `${ruleSelf(id)}/run`, preview: `${ruleSelf(id)}/preview`, runs: `/admin/v1/batch-runs?of=${id}` },
  };
}

/** A run as operators see it. */
export function runView(run: BatchRun) {
  const { id, of, spec, by, at, missed, state, total, isCut, counts, abortRequested, reason } = run;
  return {
    run_id: id,
    of,
    ...(spec && { rule: specView(spec) }),
    requested_by: by,
    at: at.toISOString(),
    missed,
    state,
    requested_at: run.requestedAt.toISOString(),
    started_at: run.startedAt?.toISOString(),
    ended_at: run.endedAt?.toISOString(),
    ...(spec && { total, cut: isCut }),
    counts,
    abort_requested: abortRequested,
    reason,
    links: { self: runSelf(id), ...(spec && { items: `${runSelf(id)}/items` }) },
  };
}

/** A job of a run. */
export function itemView({ jobId, outcome, madeId, reason }: BatchItem) {
  const links = { job: `/admin/v1/jobs/${jobId}`, ...(madeId !== undefined && { made: `/admin/v1/jobs/${madeId}` }) };
  return { job_id: jobId, outcome, made_job_id: madeId, reason, links };
}
