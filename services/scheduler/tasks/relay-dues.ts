import { Duty } from '../../../shared/jobs/duty.ts';
import type { LeaseDeps } from '../../../shared/jobs/keep-lease.ts';
import type { SchedulerDeps } from '../scheduler-deps.ts';

const LEASE_MS = 5_000;
/** A scheduler that does not have the duty takes what is later than this: who has it may be dead, slow or have more than it can do. */
const STANDBY_MS = 1_000;

/** The duty of ringing what comes due: several that take the same debts at once make each other wait (docs/decisions.md). */
export const dutyOfDues = (deps: LeaseDeps): Duty => new Duty(deps, { name: 'relay', leaseMs: LEASE_MS });

/** Rings bells that are owed: at once by the scheduler that has the duty, late ones by any. @returns how many were confirmed. */
export async function relayDues({ bus, dues, relay }: SchedulerDeps, signal: AbortSignal): Promise<number> {
  if (bus.canPublish()) return relay.run(signal, (await dues.isMine()) ? 0 : STANDBY_MS);
  await dues.giveUp();
  return 0;
}
