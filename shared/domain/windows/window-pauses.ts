import { type Pause, pauseIdOf } from '../control/pause.ts';
import { groupBy } from '../group-by.ts';
import { type CalendarWindow, occurrenceAt } from './calendar-window.ts';

/** For so long after its end it is told as a pause that is over: what it has postponed is owed again by then. */
const TOLD_AFTER_MS = 60_000;
/** Begins the ids of pauses that a calendar makes. */
export const WINDOW_PAUSE = 'window=';

/** The pauses that windows make now, planned ones and those that ended within the last minute among them. @param now the store's clock. */
export function windowPauses(windows: readonly CalendarWindow[], now: Date): readonly Pause[] {
  const stops = windows.filter(({ effect }) => effect === 'stop').flatMap((window) => stopPauses(window, now));
  const starts = windows.filter(({ effect }) => effect === 'start');
  const gaps = [...groupBy(starts, ({ selector }) => pauseIdOf(selector)).values()].flatMap((group) => gapPause(group, now));
  return [...stops, ...gaps];
}

function stopPauses(window: CalendarWindow, now: Date): readonly Pause[] {
  const told = window.occurrences.filter(({ until }) => until.getTime() > now.getTime() - TOLD_AFTER_MS);
  const next = told.findIndex(({ from }) => from > now);
  return told.slice(0, next < 0 ? told.length : next + 1).map(({ from, until }) => pauseBy(window, from, until));
}

/** Windows that let the same jobs start: outside all of them those are paused, until the first begins. */
function gapPause(group: readonly CalendarWindow[], now: Date): readonly Pause[] {
  const [window] = group;
  if (!window || group.some((one) => occurrenceAt(one, now))) return [];
  const edges = (of: 'from' | 'until') => group.flatMap((one) => one.occurrences.map((occurrence) => occurrence[of].getTime()));
  const since = Math.max(...group.map(({ updatedAt }) => updatedAt.getTime()), ...edges('until').filter((at) => at <= now.getTime()));
  const until = Math.min(...edges('from').filter((at) => at > now.getTime()));
  return [pauseBy(window, new Date(since), Number.isFinite(until) ? new Date(until) : undefined)];
}

function pauseBy({ name, selector, reason, by, createdAt, revision }: CalendarWindow, from: Date, until: Date | undefined): Pause {
  const token = `${name}|${revision}|${from.toISOString()}`;
  return { id: WINDOW_PAUSE + name, selector, reason, by, createdAt, from, ...(until && { until }), token };
}
