import type { LetterCause } from '../../shared/domain/dead-letters/letter-group.ts';
import type { DeadLetterFilter } from '../../shared/domain/dead-letters/replay-operation.ts';
import { InvalidCursorError } from '../../shared/domain/failures.ts';
import { groupBy } from '../../shared/domain/group-by.ts';
import type { JobRecord } from '../../shared/domain/job.ts';
import type { DeadLetter, DeadLetterGroup, DeadLetters } from '../../shared/ports/dead-letters.ts';
import type { JobPage } from '../../shared/ports/job-store.ts';
import type { MemoryJobStore } from './memory-job-store.ts';

/** DeadLetters of a store in memory that pass the contract of the real ones. */
export class MemoryDeadLetters implements DeadLetters {
  readonly #store: MemoryJobStore;

  constructor(store: MemoryJobStore) {
    this.#store = store;
  }

  async count(filter: DeadLetterFilter): Promise<number> {
    return this.#found(filter).length;
  }

  async groups(filter: DeadLetterFilter, limit: number): Promise<readonly DeadLetterGroup[]> {
    const causes = groupBy(this.#found(filter), ({ type, stage, err }) => `${type} ${stage} ${err?.fingerprint}`);
    const groups = [...causes.values()].map((jobs): DeadLetterGroup => {
      const [newest, oldest] = [jobs[0]!, jobs.at(-1)!];
      const { type, stage, err } = newest;
      const fingerprint = err?.fingerprint;
      const times = { firstAt: oldest.doneAt!, lastAt: newest.doneAt! };
      return { type, stage, ...(fingerprint !== undefined && { fingerprint }), count: jobs.length, ...times, newest };
    });
    return groups.toSorted((a, b) => b.count - a.count || (a.type < b.type ? -1 : 1)).slice(0, limit);
  }

  async page(filter: DeadLetterFilter, limit: number, after?: string): Promise<JobPage> {
    const all = this.#found(filter);
    const place = after === undefined ? -1 : all.findIndex(({ id }) => id === after);
    if (after !== undefined && place < 0) throw new InvalidCursorError('The page token is not one that this service has issued.');
    const jobs = all.slice(place + 1, place + 1 + limit);
    return { jobs, ...(place + 1 + limit < all.length && { next: jobs.at(-1)!.id }) };
  }

  async *each(filter: DeadLetterFilter): AsyncIterable<readonly DeadLetter[]> {
    const letters = this.#found(filter).map(({ id, gen }) => ({ id, gen }));
    for (let from = 0; from < letters.length; from += 1_000) yield letters.slice(from, from + 1_000);
  }

  /** Newest failure first. */
  #found(filter: DeadLetterFilter): readonly JobRecord[] {
    const order = (a: JobRecord, b: JobRecord) => b.doneAt!.getTime() - a.doneAt!.getTime() || (a.id < b.id ? 1 : -1);
    return this.#store
      .all()
      .filter((job) => isWanted(job, filter))
      .toSorted(order);
  }
}

function isWanted(job: JobRecord, { places, tenant, fingerprint, failedFrom, failedBefore, except = [] }: DeadLetterFilter): boolean {
  const isOf = (cause: LetterCause) => job.type === cause.type && job.stage === cause.stage && job.err?.fingerprint === cause.fingerprint;
  return (
    job.state === 'FAILED' &&
    (!places || places.some(({ type, stage }) => job.type === type && job.stage === stage)) &&
    (tenant === undefined || job.tenant === tenant) &&
    (fingerprint === undefined || job.err?.fingerprint === fingerprint) &&
    (!failedFrom || job.doneAt! >= failedFrom) &&
    (!failedBefore || job.doneAt! < failedBefore) &&
    !except.some(isOf)
  );
}
