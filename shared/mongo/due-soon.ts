import type { FieldValue, Transition } from '../domain/transition.ts';
import type { NewJob } from '../ports/job-store.ts';

/** Who waits for what is due looks at least each second by himself (LOOK_AGAIN_MS); what is due later than this is found by that. */
const SOON_MS = 2_000;

/** Whether a new job waits for an instant that may come before the next look. @param now the server's clock. */
export function isDueSoon({ runAt, deadlineAt }: NewJob, now: Date): boolean {
  const soonMs = now.getTime() + SOON_MS;
  return (runAt?.getTime() ?? Number.POSITIVE_INFINITY) < soonMs || (deadlineAt?.getTime() ?? Number.POSITIVE_INFINITY) < soonMs;
}

/** Whether a transition leaves jobs waiting for such an instant: a retry, mostly. What is owed at once is a relay's matter, not a wait. */
export function makesDueSoon({ set }: Transition): boolean {
  return set?.['state'] === 'RETRY_WAIT' && msFromNow(set['pub.due']) < SOON_MS;
}

function msFromNow(value: FieldValue | undefined): number {
  return typeof value === 'object' && value !== null && 'serverNowPlusMs' in value ? value.serverNowPlusMs : 0;
}
