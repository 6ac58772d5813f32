import type { Clock } from '../ports/clock.ts';
import type { LeaseStore } from '../ports/lease-store.ts';

/** Renewals in one lease: it is lost after five that failed. */
const RENEWALS = 6;

/** What only one process does at a time. */
export interface LeaseTerms {
  readonly name: string;
  /** So long nobody does it after the process that did has died. */
  readonly leaseMs: number;
}

export interface LeaseDeps {
  readonly leases: LeaseStore;
  readonly owner: string;
  readonly clock: Clock;
}

/**
 * Does something that only one process in the system may do at a time, under a lease that is renewed six times as often as it ends.
 * @param work its signal also fires when the lease was lost: another process may have begun by then.
 * @returns what the work answers; undefined, without having begun, while another process holds the lease.
 */
export async function whileLeased<T>(
  deps: LeaseDeps,
  terms: LeaseTerms,
  stop: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  const { leases, owner } = deps;
  const { name, leaseMs } = terms;
  if (!(await leases.tryAcquire(name, owner, leaseMs))) return undefined;
  const over = new AbortController();
  const beating = heartbeat(deps, terms, over);
  try {
    return await work(AbortSignal.any([stop, over.signal]));
  } finally {
    over.abort();
    await beating;
    await leases.release(name, owner).catch(() => undefined);
  }
}

/** Keeps the lease; one that is lost, or could not be kept for too long, ends the work. */
async function heartbeat({ leases, owner, clock }: LeaseDeps, { name, leaseMs }: LeaseTerms, over: AbortController): Promise<void> {
  const everyMs = leaseMs / RENEWALS;
  for (let keptAtMs = clock.monotonicMs(); ; ) {
    await clock.sleep(everyMs, over.signal);
    if (over.signal.aborted) return;
    const isKept = await leases.tryAcquire(name, owner, leaseMs).catch(() => undefined);
    if (isKept) keptAtMs = clock.monotonicMs();
    if (isKept === false || clock.monotonicMs() - keptAtMs > leaseMs - everyMs)
      return over.abort(new Error(`The lease on ${name} was lost.`));
  }
}
