import type { Clock } from '../ports/clock.ts';
import type { LeaseStore } from '../ports/lease-store.ts';

const LEASE_MS = 60_000;
const RENEW_EVERY_MS = 10_000;

export interface LeaseDeps {
  readonly leases: LeaseStore;
  readonly owner: string;
  readonly clock: Clock;
}

/**
 * Does something that only one process in the system may do at a time, under a lease of 60 s that is renewed each 10 s.
 * @param work its signal also fires when the lease was lost: another process may have begun by then.
 * @returns what the work answers; undefined, without having begun, while another process holds the lease.
 */
export async function whileLeased<T>(
  deps: LeaseDeps,
  name: string,
  stop: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  const { leases, owner } = deps;
  if (!(await leases.tryAcquire(name, owner, LEASE_MS))) return undefined;
  const over = new AbortController();
  const beating = heartbeat(deps, name, over);
  try {
    return await work(AbortSignal.any([stop, over.signal]));
  } finally {
    over.abort();
    await beating;
    await leases.release(name, owner).catch(() => undefined);
  }
}

/** Keeps the lease; one that is lost, or could not be kept for too long, ends the work. */
async function heartbeat({ leases, owner, clock }: LeaseDeps, name: string, over: AbortController): Promise<void> {
  for (let keptAtMs = clock.monotonicMs(); ; ) {
    await clock.sleep(RENEW_EVERY_MS, over.signal);
    if (over.signal.aborted) return;
    const isKept = await leases.tryAcquire(name, owner, LEASE_MS).catch(() => undefined);
    if (isKept) keptAtMs = clock.monotonicMs();
    if (isKept === false || clock.monotonicMs() - keptAtMs > LEASE_MS - RENEW_EVERY_MS)
      return over.abort(new Error(`The lease on ${name} was lost.`));
  }
}
