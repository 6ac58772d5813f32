import { type TickSource, ticksBetween } from './tick-source.ts';

/** Ticks decided one by one after an outage; of more, the newest, and the others as one stretch. */
export const MOST_DUE = 1_000;

/** Ticks that are due. */
export interface DueTicks {
  /** The newest, oldest first, at most 1,000. */
  readonly ticks: readonly Date[];
  /** Those before, where there are more: the first, and the last before those that are listed. */
  readonly gap?: { readonly from: Date; readonly last: Date };
}

/**
 * The ticks in (cursorAt, now]. After an outage with more than 1,000 of them only the end of it is walked: the stretch is halved until
 * no more than 1,000 are left, so that a year of seconds costs no more than a day.
 */
export function dueTicks(source: TickSource, cursorAt: Date, now: Date): DueTicks {
  const ticks = ticksBetween(source, cursorAt, now, MOST_DUE + 1);
  if (ticks.length <= MOST_DUE) return { ticks };
  const from = ticks[0]!;
  let newest = ticks;
  let sinceMs = cursorAt.getTime();
  while (newest.length > MOST_DUE) {
    sinceMs += Math.ceil((now.getTime() - sinceMs) / 2);
    newest = ticksBetween(source, new Date(sinceMs), now, MOST_DUE + 1);
  }
  return { ticks: newest, gap: { from, last: lastUpTo(source, from, new Date(sinceMs)) } };
}

/** The last tick in [first, until], found by halving towards it. */
function lastUpTo(source: TickSource, first: Date, until: Date): Date {
  let last = first;
  let stepMs = until.getTime() - first.getTime();
  while (stepMs >= 1) {
    const next = source.after(new Date(last.getTime() + stepMs - 1));
    if (next && next <= until && next > last) last = next;
    else stepMs = stepMs > 1 ? Math.floor(stepMs / 2) : 0;
  }
  return last;
}
