import { type JobRecord, type JobState, TERMINAL_STATES } from '../../../shared/domain/job.ts';
import { type JobPosition, positionText } from '../../../shared/domain/job-position.ts';
import { stepsAfter } from '../../../shared/domain/job-steps.ts';
import { isInputGone, specOf, statusFields, type ViewDeps } from '../job-view.ts';

/** A job as those who listen are given it. */
export interface LiveJob {
  readonly record: JobRecord;
  /** A retry of it cannot be offered. */
  readonly isInputGone: boolean;
}

/** One change of what a user sees. */
export interface JobEvent {
  /** By which the client goes on after this one. */
  readonly id: string;
  readonly position: JobPosition;
  /** Stored state that it led to, or that it is in. */
  readonly state: JobState;
  /** As GET /jobs/{job_id}/status answers. */
  readonly status: Readonly<Record<string, unknown>>;
  /** The job has ended. */
  readonly isLast: boolean;
}

/** Looks for the input of a job that may be retried. @throws StoreUnavailableError. */
export async function liveJob(deps: ViewDeps, record: JobRecord): Promise<LiveJob> {
  return { record, isInputGone: record.state === 'FAILED' && (await isInputGone(deps.outputs, record)) };
}

/** What is new since a position, oldest first. @param seen undefined: nothing was seen; the job as it is now is the one event. */
export function eventsAfter(
  { pipelines }: Pick<ViewDeps, 'pipelines'>,
  seen: JobPosition | undefined,
  { record, isInputGone: isGone }: LiveJob,
  now: Date,
): readonly JobEvent[] {
  const steps = stepsAfter(seen, record, specOf(pipelines, record), now);
  return steps.map(({ position, record: at, status }, index) => {
    const isPresent = index === steps.length - 1;
    const shown = isPresent && isGone && status.retryAvailable ? { ...status, retryAvailable: false } : status;
    return {
      id: positionText(position),
      position,
      state: at.state,
      status: { job_id: record.id, ...statusFields(at, shown) },
      isLast: isPresent && TERMINAL_STATES.includes(record.state),
    };
  });
}
