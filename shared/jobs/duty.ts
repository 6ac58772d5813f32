import type { LeaseDeps, LeaseTerms } from './keep-lease.ts';

/** Parts of a lease: renewed after the first, no longer relied on in the last. */
const PARTS = 5;

/**
 * Work that one process should do, so that the others do not get in its way; nothing breaks when two do it. Asked often: the answer
 * is remembered for most of the lease, and the lease is renewed beside the work, not before it.
 */
export class Duty {
  readonly #deps: LeaseDeps;
  readonly #terms: LeaseTerms;
  /** Until when the last answer is relied on; monotonic. */
  #knownUntilMs = Number.NEGATIVE_INFINITY;
  #isMine = false;
  #askedAtMs = Number.NEGATIVE_INFINITY;
  #asking: Promise<void> | undefined;

  constructor(deps: LeaseDeps, terms: LeaseTerms) {
    this.#deps = deps;
    this.#terms = terms;
  }

  /** @returns whether this process has the duty. @throws StoreUnavailableError when that is not known and cannot be asked. */
  async isMine(): Promise<boolean> {
    const nowMs = this.#deps.clock.monotonicMs();
    if (nowMs >= this.#knownUntilMs) await this.#ask();
    // What is known serves for now; a renewal that fails is tried again at the next question.
    else if (nowMs >= this.#askedAtMs + this.#partMs) this.#ask().catch(() => undefined);
    return this.#isMine;
  }

  /** Leaves the duty to another process; this one takes it again when it asks and nobody has. */
  async giveUp(): Promise<void> {
    await this.#asking?.catch(() => undefined);
    this.#knownUntilMs = Number.NEGATIVE_INFINITY;
    if (!this.#isMine) return;
    this.#isMine = false;
    await this.#deps.leases.release(this.#terms.name, this.#deps.owner);
  }

  get #partMs(): number {
    return this.#terms.leaseMs / PARTS;
  }

  #ask(): Promise<void> {
    this.#asking ??= this.#renew().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #renew(): Promise<void> {
    const { leases, clock, owner } = this.#deps;
    const { name, leaseMs } = this.#terms;
    const askedAtMs = clock.monotonicMs();
    this.#askedAtMs = askedAtMs;
    this.#isMine = await leases.tryAcquire(name, owner, leaseMs);
    // One that is not ours is asked for again soon: whoever holds it may have died.
    this.#knownUntilMs = askedAtMs + (this.#isMine ? leaseMs - this.#partMs : this.#partMs);
  }
}
