/** The instants at which a schedule ticks, without end. */
export interface TickSource {
  /** The first one after an instant; undefined when there is none any more. */
  after(instant: Date): Date | undefined;
}

/** The ticks of an interval: `anchorAt` and every so many seconds after it; real seconds, whatever the clocks do. */
export function intervalTicks(anchorAt: Date, everySeconds: number): TickSource {
  const stepMs = everySeconds * 1_000;
  const anchorMs = anchorAt.getTime();
  return {
    after: (instant) => {
      const sinceMs = instant.getTime() - anchorMs;
      return new Date(sinceMs < 0 ? anchorMs : anchorMs + (Math.floor(sinceMs / stepMs) + 1) * stepMs);
    },
  };
}

/** The part of the ticks that lies in [startAt, endAt). */
export function boundedTicks(source: TickSource, startAt: Date | undefined, endAt: Date | undefined): TickSource {
  return {
    after: (instant) => {
      const from = startAt && instant < startAt ? new Date(startAt.getTime() - 1) : instant;
      const next = source.after(from);
      return next && (!endAt || next < endAt) ? next : undefined;
    },
  };
}

/** The ticks in (after, until], at most `limit`, oldest first. */
export function ticksBetween(source: TickSource, after: Date, until: Date, limit: number): readonly Date[] {
  const ticks: Date[] = [];
  for (let next = source.after(after); next && next <= until && ticks.length < limit; next = source.after(next)) ticks.push(next);
  return ticks;
}
