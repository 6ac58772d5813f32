import { QuotaExceededError } from '../domain/failures.ts';
import type { Clock } from '../ports/clock.ts';
import type { TenantBacklog } from '../ports/tenant-backlog.ts';

/** A tenant's jobs are counted at most this often, and only while it submits. */
const COUNT_EVERY_MS = 2_000;
const LONGEST_RETRY_AFTER_S = 300;
/** Where it is not known yet how fast its jobs go. */
const GUESSED_RETRY_AFTER_S = 30;
const MOST_TENANTS = 10_000;

/** How many of several jobs may come in; `refusal` is why the others may not. */
export interface QuotaAdmission {
  readonly admitted: number;
  readonly refusal?: QuotaExceededError;
}

interface Count {
  /** By the last count. */
  waiting: number;
  /** Since. */
  accepted: number;
  drainPerSecond: number;
  countedAtMs: number;
  counting: Promise<void> | undefined;
}

export interface TenantQuotaOptions {
  readonly backlog: TenantBacklog;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** Jobs QUEUED of one tenant, from 1. */
  readonly maxWaiting: number;
}

/**
 * Refuses a tenant's submissions once too many of its jobs wait. Jobs are counted each 2 s; between two counts a gateway
 * knows of its own submissions alone, so that several together may let in more by what comes in 2 s.
 */
export class TenantQuota {
  readonly #options: TenantQuotaOptions;
  readonly #counts = new Map<string, Count>();

  constructor(options: TenantQuotaOptions) {
    this.#options = options;
  }

  /** Counts one job in. @throws QuotaExceededError; StoreUnavailableError where it was never counted before. */
  async admit(tenant: string): Promise<void> {
    const { refusal } = await this.admitSome(tenant, 1);
    if (refusal) throw refusal;
  }

  /** Counts in as many of `jobs` as fit. @throws StoreUnavailableError as `admit`. */
  async admitSome(tenant: string, jobs: number): Promise<QuotaAdmission> {
    const count = await this.#countOf(tenant);
    const expected = count.waiting + count.accepted;
    const admitted = Math.min(jobs, Math.max(this.#options.maxWaiting - expected, 0));
    count.accepted += admitted;
    return admitted === jobs ? { admitted } : { admitted, refusal: this.#refusal(count, expected + jobs) };
  }

  /** The first count of a tenant is waited for; later ones are not. */
  async #countOf(tenant: string): Promise<Count> {
    const known = this.#counts.get(tenant);
    const count = known ?? { waiting: 0, accepted: 0, drainPerSecond: 0, countedAtMs: Number.NEGATIVE_INFINITY, counting: undefined };
    if (!known) this.#keep(tenant, count);
    if (this.#options.clock.monotonicMs() - count.countedAtMs > COUNT_EVERY_MS) {
      count.counting ??= this.#recount(tenant, count).finally(() => {
        count.counting = undefined;
      });
      if (count.countedAtMs < 0) await count.counting;
      // The store is away: submissions fail by themselves, and the next one counts again.
      else count.counting.catch(() => undefined);
    }
    return count;
  }

  #keep(tenant: string, count: Count): void {
    this.#counts.set(tenant, count);
    if (this.#counts.size > MOST_TENANTS) this.#counts.delete(this.#counts.keys().next().value!);
  }

  async #recount(tenant: string, count: Count): Promise<void> {
    const acceptedAtStart = count.accepted;
    const waiting = await this.#options.backlog.waiting(tenant);
    const nowMs = this.#options.clock.monotonicMs();
    const seconds = (nowMs - count.countedAtMs) / 1_000;
    count.drainPerSecond = Number.isFinite(seconds) ? Math.max((count.waiting + acceptedAtStart - waiting) / seconds, 0) : 0;
    count.waiting = waiting;
    count.accepted -= acceptedAtStart;
    count.countedAtMs = nowMs;
  }

  #refusal({ waiting, accepted, drainPerSecond }: Count, wanted: number): QuotaExceededError {
    const { maxWaiting } = this.#options;
    const seconds = drainPerSecond > 0 ? Math.ceil((wanted - maxWaiting) / drainPerSecond) : GUESSED_RETRY_AFTER_S;
    const retryAfter = Math.min(Math.max(seconds, 1), LONGEST_RETRY_AFTER_S);
    return new QuotaExceededError(`${waiting + accepted} of the tenant's jobs are waiting; the limit is ${maxWaiting}.`, retryAfter);
  }
}
