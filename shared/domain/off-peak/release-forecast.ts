import type { Occurrence } from '../windows/calendar-window.ts';

/** When all that waits will have been released. */
export interface ReleaseForecast {
  /** How long releasing takes while the window is open. */
  readonly releaseMs: number;
  /** The moment of the last release; undefined where the occurrences that are known are too short. */
  readonly lastReleaseAt?: Date;
  /** Occurrences that it takes. */
  readonly occurrences: number;
}

/** How long so many jobs take to be released. @param perSecond undefined: all at once. @param occurrences that end after `now`, oldest first. */
export function forecastReleases(
  waiting: number,
  perSecond: number | undefined,
  occurrences: readonly Occurrence[],
  now: Date,
): ReleaseForecast {
  const releaseMs = perSecond === undefined || waiting === 0 ? 0 : Math.round(((waiting - 1) * 1_000) / perSecond);
  let leftMs = releaseMs;
  for (const [index, { from, until }] of occurrences.entries()) {
    const beginMs = Math.max(from.getTime(), now.getTime());
    if (beginMs + leftMs < until.getTime())
      return { releaseMs, lastReleaseAt: new Date(beginMs + leftMs), occurrences: waiting === 0 ? 0 : index + 1 };
    leftMs -= until.getTime() - beginMs;
  }
  return { releaseMs, occurrences: occurrences.length };
}
