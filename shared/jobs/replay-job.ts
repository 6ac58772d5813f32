import { JobChangedError, JobConflictError } from '../domain/failures.ts';
import type { JobRecord } from '../domain/job.ts';
import { replay } from '../domain/transitions.ts';
import { getJob } from './get-job.ts';
import { Ringer, type RingerDeps } from './ringer.ts';

export interface ReplayHow {
  /** Start at the first stage instead of the failed one. */
  readonly fromBeginning?: boolean;
  /** Why, for the job's log; at most 500 characters. */
  readonly message?: string;
  /** Only while the job is at this generation. */
  readonly gen?: number;
}

/** Replays jobs that ended as FAILED, CANCELED or EXPIRED (T11) and rings them. */
export class JobReplayer {
  readonly #deps: RingerDeps;
  readonly #ringer: Ringer;

  constructor(deps: RingerDeps, ringer = new Ringer(deps)) {
    this.#deps = deps;
    this.#ringer = ringer;
  }

  /** @throws JobNotFoundError; JobChangedError; JobConflictError when the job is in another state, or another request replayed it first. */
  async replay(tenant: string | undefined, id: string, how: ReplayHow = {}): Promise<JobRecord> {
    const before = await getJob(this.#deps.store, tenant, id);
    if (how.gen !== undefined && how.gen !== before.gen) throw new JobChangedError();
    if (!(await this.replayRecord(before, how))) {
      const now = await getJob(this.#deps.store, tenant, id);
      throw new JobConflictError(`The job is ${now.state}; only FAILED, CANCELED and EXPIRED jobs can be run again.`);
    }
    return getJob(this.#deps.store, tenant, id);
  }

  /** Replays the job if it still is as the record says. @returns false when it is not. */
  async replayRecord(record: JobRecord, how: ReplayHow = {}): Promise<boolean> {
    const token = this.#deps.clock.uuid();
    const matched = await this.#deps.store.apply([record.id], replay({ ...how, gen: record.gen, token }));
    if (matched === 0) return false;
    const stage = how.fromBeginning ? 0 : record.stage;
    await this.#ringer.ring([{ id: record.id, gen: record.gen + 1, stage, lane: record.lane, type: record.type, token }]);
    return true;
  }

  async stop(): Promise<void> {
    await this.#ringer.stop();
  }
}
