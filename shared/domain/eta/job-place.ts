import type { JobRecord, Lane } from '../job.ts';
import { queuePosition, type SampledQueue } from './queue-position.ts';
import type { JobPlace } from './remaining-time.ts';

/** All queues as they were sampled. */
export interface SampledQueues {
  /** The store's clock at the sample. */
  readonly now: Date;
  readonly queues: readonly (SampledQueue & { readonly stage: number; readonly lane: Lane })[];
}

type Place = Pick<JobRecord, 'stage' | 'lane'>;

/** Jobs queued at a stage and lane. */
export function queuedAt({ queues }: SampledQueues, { stage, lane }: Place): number {
  return queues.find((one) => one.stage === stage && one.lane === lane)?.count ?? 0;
}

/** The place of a QUEUED job in its queue, from 1; undefined for one that came after the sample. */
export function positionIn({ queues, now }: SampledQueues, record: JobRecord): number | undefined {
  const own = queues.find(({ stage, lane }) => stage === record.stage && lane === record.lane);
  return own && queuePosition(record, own, now);
}

/** Where an active job is. @param storeNow the store's clock now. @returns undefined where that cannot be said. */
export function placeOf(sample: SampledQueues, record: JobRecord, storeNow: Date): JobPlace | undefined {
  const { state, stage, startedAt, pub } = record;
  switch (state) {
    case 'RUNNING':
      return startedAt && { kind: 'running', stage, elapsedMs: Math.max(storeNow.getTime() - startedAt.getTime(), 0) };
    case 'QUEUED': {
      const position = positionIn(sample, record);
      return position === undefined ? undefined : { kind: 'waiting', stage, position, dueInMs: 0 };
    }
    case 'RETRY_WAIT':
    case 'SCHEDULED': {
      const dueInMs = Math.max((pub?.due?.getTime() ?? 0) - storeNow.getTime(), 0);
      return { kind: 'waiting', stage, position: queuedAt(sample, record) + 1, dueInMs };
    }
    default:
      return undefined;
  }
}
