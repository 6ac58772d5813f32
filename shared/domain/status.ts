import type { JobRecord } from './job.ts';
import type { JobTypeSpec } from './pipeline.ts';

/** What a user sees (docs/job-states.md). */
export interface JobStatus {
  /** QUEUED, PROCESS_n_RUNNING, PROCESS_n_DONE, RETRYING, SCHEDULED, COMPLETED, FAILED, CANCELED, EXPIRED. */
  readonly status: string;
  /** 0..100; never moves backwards within a run. */
  readonly progress: number;
  readonly error?: string;
  /** Only with FAILED. */
  readonly retryAvailable?: boolean;
  readonly attempt?: number;
  readonly nextAttemptAt?: Date;
}

/** Progress at the start of a stage: the mark of the one before. */
function floorOf(type: JobTypeSpec, stage: number): number {
  return stage === 0 ? 0 : type.stages[stage - 1]!.doneMark;
}

/** Running mark plus the handler's own progress, up to one short of the next mark. */
function runningProgress(job: JobRecord, type: JobTypeSpec): number {
  const { runningMark, doneMark } = type.stages[job.stage]!;
  const own = Math.min(Math.max(job.progress ?? 0, 0), 1);
  return Math.min(doneMark - 1, Math.floor(runningMark + own * (doneMark - runningMark)));
}

/** Progress kept by a job that is not running: where it had got to in its stage, or the stage's start. */
function keptProgress(job: JobRecord, type: JobTypeSpec): number {
  return job.attempt > 0 || job.progress !== undefined ? runningProgress(job, type) : floorOf(type, job.stage);
}

/** True when the job is FAILED, its input is still stored and the error is not of class `reject` (docs/http.md). */
export function isRetryAvailable(job: JobRecord, now: Date): boolean {
  const inputStored = (job.expireAt === undefined || job.expireAt > now) && job.removed?.payload === undefined;
  return job.state === 'FAILED' && inputStored && job.err?.errorClass !== 'reject';
}

/** Derives the shown status from the record: the one place where that is decided. */
export function statusOf(job: JobRecord, type: JobTypeSpec, now: Date): JobStatus {
  switch (job.state) {
    case 'SCHEDULED':
      return { status: 'SCHEDULED', progress: 0, ...(job.pub?.due && { nextAttemptAt: job.pub.due }) };
    case 'QUEUED':
      if (job.attempt > 0) return { status: 'RETRYING', progress: keptProgress(job, type), attempt: job.attempt };
      return job.stage === 0
        ? { status: 'QUEUED', progress: keptProgress(job, type) }
        : { status: `PROCESS_${job.stage}_DONE`, progress: keptProgress(job, type) };
    case 'RUNNING':
      return { status: `PROCESS_${job.stage + 1}_RUNNING`, progress: runningProgress(job, type), attempt: job.attempt };
    case 'RETRY_WAIT':
      return {
        status: 'RETRYING',
        progress: keptProgress(job, type),
        attempt: job.attempt,
        ...(job.pub?.due && { nextAttemptAt: job.pub.due }),
      };
    case 'COMPLETED':
      return { status: 'COMPLETED', progress: 100 };
    case 'FAILED':
      return {
        status: 'FAILED',
        progress: keptProgress(job, type),
        error: job.err?.message ?? 'The job failed.',
        retryAvailable: isRetryAvailable(job, now),
      };
    case 'CANCELED':
    case 'EXPIRED':
      return { status: job.state, progress: keptProgress(job, type) };
  }
}
