import type { SampledQueue } from '../domain/eta/queue-position.ts';
import type { JobRecord, Lane } from '../domain/job.ts';

/** What is queued at one stage and lane, and in which order. */
export interface QueueShape extends SampledQueue {
  readonly stage: number;
  readonly lane: Lane;
  /** Of these, those whose bell was marked as rung by the moment asked about. */
  readonly rungBefore: number;
}

/** All queues at one moment. */
export interface QueueShapes {
  /** The store's clock. */
  readonly now: Date;
  readonly queues: readonly QueueShape[];
}

/** What an ended job tells of those to come. */
export type EndedJob = Pick<JobRecord, 'id' | 'type' | 'lane' | 'state' | 'run' | 'createdAt' | 'runAt' | 'doneAt' | 'results'>;

/** What positions and expected ends are made of. Methods throw `StoreUnavailableError`, also when they take longer than 10 s. */
export interface QueueFigures {
  /** @param before for `rungBefore`; default: nothing counts. */
  queues(before?: Date): Promise<QueueShapes>;
  /** Jobs that are kept for so long and ended last, newest first, at most `limit`; among them those of types that are kept for longer. */
  lastEnded(retainMs: number, limit: number): Promise<readonly EndedJob[]>;
}
