import { type JobRecord, LANES } from '../../shared/domain/job.ts';
import type { EndedJob, QueueFigures, QueueShape, QueueShapes } from '../../shared/ports/queue-figures.ts';
import type { MemoryJobStore } from './memory-job-store.ts';

const markOf = ({ pub }: JobRecord) => pub?.at?.getTime() ?? Number.MAX_VALUE;

/** QueueFigures of a store in memory that pass the contract of the real ones; every queue is told as a short one. */
export class MemoryQueueFigures implements QueueFigures {
  readonly #store: MemoryJobStore;

  constructor(store: MemoryJobStore) {
    this.#store = store;
  }

  async queues(before: Date = new Date(0)): Promise<QueueShapes> {
    const now = await this.#store.serverTime();
    const queued = this.#store.all().filter(({ state }) => state === 'QUEUED');
    const stages = [...new Set(queued.map(({ stage }) => stage))];
    return { now, queues: stages.flatMap((stage) => LANES.flatMap((lane) => shapeOf(queued, { stage, lane }, [before, now]))) };
  }

  async lastEnded(retainMs: number, limit: number): Promise<readonly EndedJob[]> {
    const newest = (await this.#store.serverTime()).getTime() + retainMs;
    return this.#store
      .all()
      .filter(({ expireAt }) => expireAt !== undefined && expireAt.getTime() <= newest)
      .toSorted((a, b) => b.expireAt!.getTime() - a.expireAt!.getTime())
      .slice(0, limit);
  }
}

function shapeOf(
  queued: readonly JobRecord[],
  { stage, lane }: Pick<JobRecord, 'stage' | 'lane'>,
  [before, now]: readonly [Date, Date],
): readonly QueueShape[] {
  const here = queued.filter((one) => one.stage === stage && one.lane === lane);
  if (here.length === 0) return [];
  const rungBy = (moment: Date) => here.filter(({ pub }) => pub?.at !== undefined && pub.at <= moment).length;
  const order = (a: JobRecord, b: JobRecord) =>
    markOf(a) - markOf(b) || a.createdAt.getTime() - b.createdAt.getTime() || (a.id < b.id ? -1 : 1);
  const ids = here.toSorted(order).map(({ id }) => id);
  return [{ stage, lane, count: here.length, rung: rungBy(now), rungBefore: rungBy(before), order: { ids } }];
}
