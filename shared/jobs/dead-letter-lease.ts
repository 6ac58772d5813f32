import type { Clock } from '../ports/clock.ts';
import type { LeaseStore } from '../ports/lease-store.ts';

const NAME = 'dead-letter-walk';
/** One letter and its read take milliseconds: a walk that has not renewed for so long is dead. */
const TTL_MS = 120_000;
const RENEW_EVERY_MS = 30_000;
const LOOK_AGAIN_MS = 1_000;

export interface WalkLeaseDeps {
  readonly leases: LeaseStore;
  readonly clock: Clock;
  readonly owner: string;
}

/** Renews the lease when it is time; call it at each letter. */
export type KeepAlone = () => Promise<void>;

/**
 * Walks dead letters alone: two walks at once would take each other's letters and each would miss some.
 * @param waitMs waits so long for the walk that is under way; 0 looks once.
 * @returns what the work returns, undefined where another walk held on.
 */
export async function walkAlone<T>(
  { leases, clock, owner }: WalkLeaseDeps,
  { waitMs, signal }: { readonly waitMs: number; readonly signal: AbortSignal },
  work: (keepAlone: KeepAlone) => Promise<T>,
): Promise<T | undefined> {
  // Of this walk, not of the process: janitor and fsck may be in one.
  const holder = `${owner}/${clock.uuid()}`;
  const untilMs = clock.monotonicMs() + waitMs;
  while (!(await leases.tryAcquire(NAME, holder, TTL_MS))) {
    if (clock.monotonicMs() >= untilMs || signal.aborted) return undefined;
    await clock.sleep(LOOK_AGAIN_MS, signal);
  }
  let renewedAtMs = clock.monotonicMs();
  const keepAlone = async (): Promise<void> => {
    if (clock.monotonicMs() - renewedAtMs < RENEW_EVERY_MS) return;
    if (!(await leases.tryAcquire(NAME, holder, TTL_MS))) throw new Error('The lease on dead letters was lost during a walk');
    renewedAtMs = clock.monotonicMs();
  };
  try {
    return await work(keepAlone);
  } finally {
    await leases.release(NAME, holder).catch(() => undefined);
  }
}
