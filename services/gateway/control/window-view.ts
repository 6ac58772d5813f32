import { windowsFor } from '../../../shared/domain/off-peak/off-peak-hold.ts';
import { forecastReleases } from '../../../shared/domain/off-peak/release-forecast.ts';
import { type CalendarWindow, nextOccurrence, type Occurrence, occurrenceAt } from '../../../shared/domain/windows/calendar-window.ts';
import type { OffPeakCount } from '../../../shared/ports/off-peak-jobs.ts';

const SHOWN = 5;

const self = (name: string): string => `/admin/v1/windows/${name}`;
const iso = (date: Date | undefined) => date?.toISOString();

/** An occurrence as it is shown. */
function occurrenceView({ from, until }: Occurrence) {
  return { from: from.toISOString(), until: until.toISOString() };
}

function calendarView({ calendar }: CalendarWindow) {
  if (calendar.kind === 'weekly') return { weekdays: calendar.weekdays, from: calendar.from, until: calendar.until };
  return { cron: calendar.expression, duration_seconds: calendar.durationSeconds };
}

/** A window as the control plane shows it. @param now the store's clock. */
export function windowView(window: CalendarWindow, now: Date) {
  const { name, effect, calendar, selector, types, perSecond, batch, reason, by, createdAt, updatedAt, revision, skipped } = window;
  return {
    window: name,
    effect,
    ...calendarView(window),
    time_zone: calendar.timeZone,
    ...(effect === 'off_peak' ? { types, per_second: perSecond, batch } : { ...selector, per_second: perSecond }),
    reason,
    by,
    revision,
    created_at: createdAt.toISOString(),
    updated_at: updatedAt.toISOString(),
    is_open: occurrenceAt(window, now) !== undefined,
    occurrences: window.occurrences
      .filter(({ until }) => until > now)
      .slice(0, SHOWN)
      .map(occurrenceView),
    skipped: skipped.filter((from) => from > now).map((from) => from.toISOString()),
    links: { self: self(name), ...(effect === 'off_peak' && { forecast: `${self(name)}/forecast` }) },
  };
}

/** What is to come of all windows, the earliest first. @param now the store's clock. */
export function upcomingView(windows: readonly CalendarWindow[], now: Date, most: number) {
  return windows
    .flatMap(({ name, effect, reason, occurrences }) =>
      occurrences
        .filter(({ until }) => until > now)
        .map((one) => ({ window: name, effect, reason, ...occurrenceView(one), links: { window: self(name) } })),
    )
    .toSorted((a, b) => (a.from === b.from ? (a.window < b.window ? -1 : 1) : a.from < b.from ? -1 : 1))
    .slice(0, most);
}

/** Off-peak jobs that wait for a window, and how long they will take. @param p90Of of a type, in ms. @param now the store's clock. */
export function forecastView(
  window: CalendarWindow,
  counts: readonly OffPeakCount[],
  p90Of: ReadonlyMap<string, number | undefined>,
  now: Date,
) {
  const own = counts.filter(
    ({ type, window: named }) => windowsFor([window], { type, offPeak: { ...(named && { window: named }) } }).length > 0,
  );
  const sum = (state: OffPeakCount['state'], type?: string) =>
    own.filter((one) => one.state === state && one.type === (type ?? one.type)).reduce((total, { jobs }) => total + jobs, 0);
  const open = occurrenceAt(window, now);
  const waiting = sum('SCHEDULED');
  const { releaseMs, occurrences } = forecastReleases(
    waiting,
    window.perSecond,
    window.occurrences.filter(({ until }) => until > now),
    now,
  );
  const lastMs = Math.max(...own.flatMap(({ state, lastDueAt }) => (state === 'SCHEDULED' && lastDueAt ? [lastDueAt.getTime()] : [])));
  const types = [...new Set(own.map(({ type }) => type))];
  return {
    window: window.name,
    as_of: now.toISOString(),
    is_open: open !== undefined,
    opens_at: iso(open ? open.from : nextOccurrence(window, now)?.from),
    closes_at: iso(open ? open.until : nextOccurrence(window, now)?.until),
    scheduled: waiting,
    queued: sum('QUEUED'),
    per_second: window.perSecond,
    release_seconds: Math.ceil(releaseMs / 1_000),
    occurrences,
    last_release_at: Number.isFinite(lastMs) ? new Date(lastMs).toISOString() : undefined,
    types: types.map((type) => {
      const p90Ms = p90Of.get(type);
      return { type, scheduled: sum('SCHEDULED', type), queued: sum('QUEUED', type), p90_seconds: p90Ms && Math.round(p90Ms) / 1_000 };
    }),
    links: { window: self(window.name) },
  };
}
