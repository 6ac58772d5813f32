import { JobChangedError, JobConflictError } from '../domain/failures.ts';
import { groupBy } from '../domain/group-by.ts';
import type { JobRecord } from '../domain/job.ts';
import type { Transition } from '../domain/transition.ts';
import { type EditedPayload, replay } from '../domain/transitions.ts';
import { getJob } from './get-job.ts';
import { Ringer, type RingerDeps, ringOf } from './ringer.ts';

export interface ReplayHow {
  /** Start at the first stage instead of the failed one. */
  readonly fromBeginning?: boolean;
  /** Why, for the job's log; at most 500 characters. */
  readonly message?: string;
  /** Only while the job is at this generation. */
  readonly gen?: number;
  /** Runs it with another payload; long ones stand in the record too, so that one write changes and replays. */
  readonly edited?: EditedPayload;
  /** Of dead letters alone: the replay can be undone while nobody has claimed it. */
  readonly mayBeUndone?: boolean;
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
    const mayBeUndone = how.mayBeUndone === true && record.state === 'FAILED';
    const matched = await this.#deps.store.apply([record.id], replay({ ...how, mayBeUndone, gen: record.gen, token }));
    if (matched === 0) return false;
    const stage = how.fromBeginning ? 0 : record.stage;
    await this.#ringer.ring([ringOf({ ...record, gen: record.gen + 1, stage }, token)]);
    return true;
  }

  /**
   * Replays those of the jobs that still are as their records say, in one write a generation. @param how its message tells this
   * call from others': it is the evidence. @returns ids of those that were replayed.
   */
  async replayRecords(records: readonly JobRecord[], how: ReplayHow & { readonly message: string }): Promise<ReadonlySet<string>> {
    const { clock } = this.#deps;
    const won: JobRecord[] = [];
    const token = clock.uuid();
    for (const [gen, group] of groupBy(records, (record) => record.gen)) {
      won.push(...(await this.#replayGroup(group, replay({ ...how, gen, token }), how.message)));
    }
    const stageOf = ({ stage }: JobRecord) => (how.fromBeginning ? 0 : stage);
    await this.#ringer.ring(won.map((record) => ringOf({ ...record, gen: record.gen + 1, stage: stageOf(record) }, token)));
    return new Set(won.map(({ id }) => id));
  }

  async #replayGroup(group: readonly JobRecord[], transition: Transition, message: string): Promise<readonly JobRecord[]> {
    const { store } = this.#deps;
    const ids = group.map(({ id }) => id);
    if ((await store.apply(ids, transition)) === ids.length) return group;
    const now = new Map((await store.read(ids, 'local')).map((record) => [record.id, record]));
    return group.filter(({ id, run }) => now.get(id)?.log.some((entry) => entry.message === message && entry.run === run));
  }

  async stop(): Promise<void> {
    await this.#ringer.stop();
  }
}
