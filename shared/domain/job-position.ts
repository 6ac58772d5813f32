import type { JobRecord, JobState } from './job.ts';

/**
 * A place in a job's history. Every claim raises `epoch`, every other change of state `gen`, and neither ever falls. Between
 * them only two things are seen: that a wait is over, and progress. So a record alone says what came later.
 */
export interface JobPosition {
  readonly gen: number;
  readonly epoch: number;
  /** False while the job waits for a time: its `run_at`, or the next attempt. */
  readonly isDue: boolean;
  /** As shown, 0..100. */
  readonly progress: number;
}

const TEXT = /^(\d{1,10})-(\d{1,10})-([01])-(\d{1,3})$/;

/** The position as the id of an event, e.g. `2-1-1-50`. */
export function positionText({ gen, epoch, isDue, progress }: JobPosition): string {
  return `${gen}-${epoch}-${isDue ? 1 : 0}-${progress}`;
}

/** The position of an event's id; undefined for a text that is none. */
export function parsePosition(text: string): JobPosition | undefined {
  const [, gen, epoch, due, progress] = TEXT.exec(text) ?? [];
  return gen === undefined ? undefined : { gen: Number(gen), epoch: Number(epoch), isDue: due === '1', progress: Number(progress) };
}

/** Whether a job in this state waits for a time to come. */
export function isDueIn(state: JobState): boolean {
  return state !== 'SCHEDULED' && state !== 'RETRY_WAIT';
}

/** Where a record is. @param progress as shown. */
export function positionOf({ gen, epoch, state }: Pick<JobRecord, 'gen' | 'epoch' | 'state'>, progress: number): JobPosition {
  return { gen, epoch, isDue: isDueIn(state), progress };
}

/** Negative: `a` is the earlier one. Progress does not count. */
export function comparePlaces(a: Omit<JobPosition, 'progress'>, b: Omit<JobPosition, 'progress'>): number {
  return a.gen - b.gen || a.epoch - b.epoch || Number(a.isDue) - Number(b.isDue);
}

/** Whether a job in this state at this position shows more than was seen: only a running job's progress is news by itself. */
export function isNews(state: JobState, at: JobPosition, seen: JobPosition): boolean {
  const order = comparePlaces(at, seen);
  return order > 0 || (order === 0 && state === 'RUNNING' && at.progress > seen.progress);
}
