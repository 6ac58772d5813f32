import type { Occurrence } from '../windows/calendar-window.ts';

/** Up to where the releases of one occurrence of a window are given away. */
export interface ReleaseLine {
  /** When the next release may be. */
  readonly nextAt: Date;
  /** By job type: a group that is not full yet, when it is released, and how many more fit. */
  readonly groups: Readonly<Record<string, { readonly at: Date; readonly left: number }>>;
}

/** A job that needs a moment of release. */
export interface ReleaseWish {
  readonly type: string;
  /** So many of its type are released together. */
  readonly batch: number;
  /** Not before. */
  readonly notBefore: Date;
}

/** Moments by wish; undefined where the occurrence has none left. */
export interface Releases {
  readonly line: ReleaseLine;
  readonly moments: readonly (Date | undefined)[];
}

const notBefore = (...moments: readonly Date[]) => new Date(Math.max(...moments.map((moment) => moment.getTime())));

/** Gives moments of release within an occurrence, so many a second: in the order of the wishes, after what was given away before. */
export function giveReleases(
  line: ReleaseLine | undefined,
  { from, until }: Occurrence,
  perSecond: number,
  wishes: readonly ReleaseWish[],
): Releases {
  let nextAt = line?.nextAt ?? from;
  const groups = { ...line?.groups };
  const moments = wishes.map(({ type, batch, notBefore: earliest }) => {
    const open = groups[type];
    if (open && open.left > 0 && open.at >= earliest) {
      groups[type] = { at: open.at, left: open.left - 1 };
      return open.at;
    }
    const at = notBefore(nextAt, from, earliest);
    if (at >= until) return undefined;
    nextAt = new Date(at.getTime() + (batch * 1_000) / perSecond);
    if (batch > 1) groups[type] = { at, left: batch - 1 };
    return at;
  });
  return { line: { nextAt, groups }, moments };
}
