import type { ErrorClass, JobError } from './errors.ts';
import type { JobRecord, LogEntry } from './job.ts';
import { type HistoryPoint, historyOf } from './job-history.ts';
import { comparePlaces, isNews, type JobPosition, positionOf } from './job-position.ts';
import type { JobTypeSpec } from './pipeline.ts';
import { type JobStatus, statusOf } from './status.ts';

/** One change of what a user sees of a job. */
export interface JobStep {
  readonly position: JobPosition;
  /** The job as it is, or for an earlier step as far as its status needs it. */
  readonly record: JobRecord;
  readonly status: JobStatus;
}

/** The log keeps no class; these two are what a sentence and a code leave to tell apart. */
function classOf({ event, code }: LogEntry): ErrorClass {
  if (event === 'lease_lost' || event === 'crash_loop') return 'crash';
  return code === 'stage_timeout' ? 'timeout' : 'retry';
}

function errorOf(entry: LogEntry): JobError {
  return { code: entry.code ?? 'handler_error', message: entry.message ?? 'The attempt failed.', errorClass: classOf(entry) };
}

/** As much of the record as its status at that point needs. */
function recordAt(record: JobRecord, { entry, ...point }: HistoryPoint): JobRecord {
  const { progress: _progress, pub: _pub, err: _err, expireAt: _expireAt, ...rest } = record;
  return {
    ...rest,
    ...point,
    ...(point.state === 'SCHEDULED' && record.runAt && { pub: { due: record.runAt } }),
    ...(entry?.code !== undefined && { err: errorOf(entry) }),
  };
}

/** Steps between what was seen and the present, which is left out. Progress is what it was at least: it never fell within a run. */
function missed(seen: JobPosition, record: JobRecord, type: JobTypeSpec, now: Date): readonly JobStep[] {
  const steps: JobStep[] = [];
  const present = positionOf(record, 0);
  let [run, least] = [-1, 0];
  for (const point of historyOf(record)) {
    const at = recordAt(record, point);
    const own = statusOf(at, type, now);
    if (point.run !== run) [run, least] = [point.run, 0];
    if (comparePlaces(positionOf(at, 0), seen) === 0) least = Math.max(least, seen.progress);
    least = Math.max(least, own.progress);
    const position = positionOf(at, least);
    if (comparePlaces(position, seen) <= 0 || comparePlaces(position, present) >= 0) continue;
    steps.push({ position, record: at, status: { ...own, progress: least } });
  }
  return steps;
}

/**
 * What a user who has seen the job at a position has not seen yet, in order, each step once, the present last. Only progress in
 * between is left out.
 * @param seen undefined: nothing, who is told the present only.
 */
export function stepsAfter(seen: JobPosition | undefined, record: JobRecord, type: JobTypeSpec, now: Date): readonly JobStep[] {
  const status = statusOf(record, type, now);
  const position = positionOf(record, status.progress);
  if (!seen) return [{ position, record, status }];
  if (!isNews(record.state, position, seen)) return [];
  return [...missed(seen, record, type, now), { position, record, status }];
}
