/** What one consumer of a queue says of it, as of the store's clock. */
export interface QueueReport {
  readonly queue: string;
  /** Names the consumer; a restarted process is another one. */
  readonly consumer: string;
  /** When it was written. */
  readonly at: Date;
  /** The newest publish time among its first deliveries, and when that one came. */
  readonly newest?: { readonly publishedAt: Date; readonly seenAt: Date };
  /** The oldest publish time among the bells it holds and has not claimed. */
  readonly oldestHeldAt?: Date;
}

/** Consumers report this often. */
export const REPORT_EVERY_MS = 5_000;
/** A first delivery counts this long after it came: by then all other live consumers have reported what they hold. */
export const NEWEST_AFTER_MS = 3 * REPORT_EVERY_MS;
/** A consumer that has not reported for so long is silent: dead, frozen, or cut off. */
const SILENT_AFTER_MS = 3 * REPORT_EVERY_MS;
/** A publish time that lies further ahead was put there by hand: with it every waiting bell would be lost. */
const AHEAD_MS = 60_000;
/** By then the broker has noticed that a silent consumer's connection is dead, and has what it held back at the queue's head. */
const RETURNED_AFTER_MS = 60_000;

/** Whether a consumer has not reported for so long that it may be dead, frozen, or cut off. @param now the store's clock. */
export function isSilent({ at }: QueueReport, now: Date): boolean {
  return now.getTime() - at.getTime() > SILENT_AFTER_MS;
}

/**
 * The publish time before which no bell of the queue can still be on its way: a queue hands its messages out in order, so
 * what is older than a first delivery has been delivered, unless a consumer holds it. What a dead consumer held goes back to
 * the queue's head and comes before any first delivery: only one that came after that counts.
 * @param now the store's clock.
 * @returns undefined when nothing can be said: then no bell counts as lost.
 */
export function watermarkOf(reports: readonly QueueReport[], now: Date): Date | undefined {
  const nowMs = now.getTime();
  const ageMs = ({ at }: QueueReport): number => nowMs - at.getTime();
  const silent = reports.filter((one) => isSilent(one, now));
  const countsFromMs = Math.max(0, ...silent.map(({ at }) => at.getTime() + RETURNED_AFTER_MS));
  const counts = ({ publishedAt, seenAt }: NonNullable<QueueReport['newest']>): boolean =>
    seenAt.getTime() > countsFromMs && publishedAt.getTime() <= nowMs + AHEAD_MS;
  const firsts = reports.flatMap(({ newest }) => (newest && counts(newest) ? [newest.publishedAt.getTime()] : []));
  if (firsts.length === 0) return undefined;
  const holding = reports.filter((one) => ageMs(one) <= RETURNED_AFTER_MS);
  const held = holding.flatMap(({ oldestHeldAt }) => (oldestHeldAt ? [oldestHeldAt.getTime()] : []));
  return new Date(Math.min(Math.max(...firsts), ...held));
}
