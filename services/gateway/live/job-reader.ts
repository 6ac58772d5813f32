import { StoreUnavailableError } from '../../../shared/domain/failures.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import type { JobChange } from '../../../shared/ports/job-changes.ts';
import type { Logger } from '../../../shared/ports/logger.ts';
import type { LiveJob } from './job-event.ts';

/** Jobs read at once. */
const MOST_AT_ONCE = 500;
/** Between two reads: what changes meanwhile gathers, so that listening costs the store little while it is busy. */
const PAUSE_MS = 20;
const AGAIN_MS = 500;

/** A change of a job that is to be seen. */
export type Change = Omit<JobChange, 'id' | 'state'>;

/** Both: as long ago as the one, and as far as the other. */
function both(a: Change, b: Change): Change {
  const at = a.at && b.at && a.at > b.at ? b.at : (a.at ?? b.at);
  return { gen: Math.max(a.gen ?? 0, b.gen ?? 0), epoch: Math.max(a.epoch ?? 0, b.epoch ?? 0), ...(at && { at }) };
}

/** After a fail-over a majority read may for a moment show less than the old primary has told of. */
function isBehind({ record }: LiveJob, { gen = 0, epoch = 0 }: Change): boolean {
  return record.gen < gen || record.epoch < epoch;
}

export interface JobReaderOptions {
  /** Jobs of these ids that there are, as no fail-over can take back. */
  read(ids: readonly string[]): Promise<readonly LiveJob[]>;
  /** Told of the jobs of one read. @param gone ids that there is no job of. @param changed those that were read since they had changed, with the moment where it is known */
  deliver(jobs: readonly LiveJob[], gone: readonly string[], changed: ReadonlyMap<string, Date | undefined>): void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Reads jobs that somebody wants to see, many at once, one read at a time. A job is never read before it was wanted last. */
export class JobReader {
  readonly #options: JobReaderOptions;
  readonly #stopped = new AbortController();
  readonly #wanted = new Map<string, Change | undefined>();
  #reading: Promise<void> | undefined;

  constructor(options: JobReaderOptions) {
    this.#options = options;
  }

  /** Jobs that wait to be read. */
  get waiting(): number {
    return this.#wanted.size;
  }

  /** Reads it soon. @param change that is to be seen, where there was one. */
  want(id: string, change?: Change): void {
    if (this.#stopped.signal.aborted) return;
    const known = this.#wanted.get(id);
    this.#wanted.set(id, known && change ? both(known, change) : (known ?? change));
    this.#reading ??= this.#readAll();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#reading;
  }

  async #readAll(): Promise<void> {
    const { signal } = this.#stopped;
    // What is wanted in the same turn goes along.
    await Promise.resolve();
    while (this.#wanted.size > 0 && !signal.aborted) {
      const isRead = await this.#readSome();
      await this.#options.clock.sleep(isRead ? PAUSE_MS : AGAIN_MS, signal);
    }
    this.#reading = undefined;
  }

  async #readSome(): Promise<boolean> {
    const { read, deliver, logger } = this.#options;
    const some = new Map([...this.#wanted].slice(0, MOST_AT_ONCE));
    for (const id of some.keys()) this.#wanted.delete(id);
    try {
      const jobs = await read([...some.keys()]);
      if (this.#stopped.signal.aborted) return true;
      for (const job of jobs) {
        const change = some.get(job.record.id);
        if (change && isBehind(job, change)) this.want(job.record.id, change);
      }
      const found = new Set(jobs.map(({ record }) => record.id));
      deliver(
        jobs,
        [...some.keys()].filter((id) => !found.has(id)),
        new Map([...some].flatMap(([id, change]) => (change ? [[id, change.at] as const] : []))),
      );
      return true;
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) logger.error({ err: error }, 'reading jobs for those who listen failed');
      for (const [id, change] of some) this.want(id, change);
      return false;
    }
  }
}
