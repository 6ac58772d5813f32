import { type JobRecord, LANES } from '../../shared/domain/job.ts';
import type { Figures, JobFigures, QueuedFigures } from '../../shared/ports/job-figures.ts';
import type { MemoryJobStore } from './memory-job-store.ts';

/** JobFigures of a store in memory that pass the contract of the real ones. */
export class MemoryJobFigures implements JobFigures {
  readonly #store: MemoryJobStore;

  constructor(store: MemoryJobStore) {
    this.#store = store;
  }

  async read(before: Date = new Date(0)): Promise<Figures> {
    const [now, backlog] = [await this.#store.serverTime(), await this.#store.backlog()];
    const all = this.#store.all();
    const firstBellDue = earliest(all.map(({ pub }) => pub?.due));
    const firstEventDue = earliest([...all.map(({ evt }) => evt?.due), ...this.#store.notes.local.map(({ due }) => due)]);
    return {
      now,
      queued: queuedOf(all, now, before),
      others: backlog.filter(({ state }) => state !== 'QUEUED'),
      ...(firstBellDue && { firstBellDue }),
      ...(firstEventDue && { firstEventDue }),
    };
  }
}

function queuedOf(all: readonly JobRecord[], now: Date, before: Date): readonly QueuedFigures[] {
  const queued = all.filter(({ state }) => state === 'QUEUED');
  const stages = [...new Set(queued.map(({ stage }) => stage))];
  return stages.flatMap((stage) =>
    LANES.flatMap((lane) => {
      const here = queued.filter((one) => one.stage === stage && one.lane === lane);
      const rungBy = (moment: Date) => here.filter(({ pub }) => pub?.at !== undefined && pub.at <= moment);
      const first = rungBy(now).toSorted((a, b) => a.pub!.at!.getTime() - b.pub!.at!.getTime())[0];
      const oldest = [first, here.find(({ pub }) => pub?.at === undefined)].filter((one) => one !== undefined);
      return here.length === 0
        ? []
        : [{ stage, lane, count: here.length, rung: rungBy(now).length, rungBefore: rungBy(before).length, oldest }];
    }),
  );
}

function earliest(moments: readonly (Date | undefined)[]): Date | undefined {
  return moments.filter((at) => at !== undefined).toSorted((a, b) => a.getTime() - b.getTime())[0];
}
