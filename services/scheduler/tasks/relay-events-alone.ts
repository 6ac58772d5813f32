import { relayEvents } from '../../../shared/jobs/relay-events.ts';
import type { SchedulerDeps } from '../scheduler-deps.ts';

/** Name of the lease under which one scheduler publishes events. */
export const EVENTS_LEASE = 'relay-events';
/** Events wait this long when the scheduler that holds the lease dies. */
const LEASE_MS = 10_000;

/** Publishes the events that are owed, by the one scheduler that holds the lease. @returns how many were confirmed. */
export async function relayEventsAlone(deps: SchedulerDeps, signal: AbortSignal): Promise<number> {
  if (!(await deps.leases.tryAcquire(EVENTS_LEASE, deps.owner, LEASE_MS))) return 0;
  return relayEvents(deps, signal);
}
