import { isActive, pauseIdOf } from '../../../shared/domain/control/pause.ts';
import {
  type CalendarWindow,
  nextOccurrence,
  occurrenceAt,
  WEEKDAYS,
  type WindowCalendar,
  type WindowSpec,
} from '../../../shared/domain/windows/calendar-window.ts';
import { windowPauses } from '../../../shared/domain/windows/window-pauses.ts';
import { plannedOccurrences } from '../../../shared/jobs/windows/plan-windows.ts';
import type { ControlSet } from '../../../shared/ports/controls.ts';
import { WINDOW_NAME, type WindowRequest } from '../../../shared/schema/window-request.ts';
import { cronExpressionOf } from '../cron-expression.ts';
import type { GatewayDeps } from '../gateway-deps.ts';
import { Problem } from '../problems.ts';
import { invalidRequest } from '../query.ts';
import { checkNames } from './pause-desk.ts';

const MOST_WINDOWS = 200;
const MOST_SKIPPED = 100;
const DEFAULT_BATCH = 100;

type DeskDeps = Pick<GatewayDeps, 'controls' | 'windows' | 'pipelines' | 'clock' | 'store' | 'schedules'>;

function calendarOf({ schedules }: DeskDeps, request: WindowRequest): WindowCalendar {
  const { cron, duration_seconds: durationSeconds, time_zone: timeZone, weekdays, from, until } = request;
  if (cron === undefined) return { kind: 'weekly', weekdays: weekdays ?? [...WEEKDAYS], from: from!, until: until!, timeZone };
  return { kind: 'cron', expression: cronExpressionOf(schedules.calendar, cron), durationSeconds: durationSeconds!, timeZone };
}

function specOf(deps: DeskDeps, name: string, request: WindowRequest): WindowSpec {
  if (!WINDOW_NAME.test(name)) {
    const detail = 'must be 1 to 50 lower-case letters, digits and hyphens, and begin with a letter or digit';
    throw invalidRequest([{ pointer: '', detail: `names the window ${JSON.stringify(name.slice(0, 60))}, which ${detail}` }], 'The path');
  }
  checkNames(deps, request);
  const { effect, stage, type, tenant, types, per_second: perSecond, batch = DEFAULT_BATCH, reason } = request;
  const unknown = types?.findIndex((one) => !deps.pipelines.has(one)) ?? -1;
  if (unknown >= 0) {
    const detail = `is no job type; there are ${deps.pipelines.names().join(', ')}`;
    throw invalidRequest([{ pointer: `/types/${unknown}`, detail }]);
  }
  const selector = { ...(stage !== undefined && { stage }), ...(type !== undefined && { type }), ...(tenant !== undefined && { tenant }) };
  const more = { ...(types && { types }), ...(perSecond !== undefined && { perSecond }) };
  return { name, effect, calendar: calendarOf(deps, request), selector, ...more, batch, reason };
}

/** @throws Problem window_not_found. */
export function windowIn({ windows }: ControlSet, name: string): CalendarWindow {
  const window = windows.find((one) => one.name === name);
  if (window) return window;
  throw new Problem('window_not_found', { detail: `There is no window ${JSON.stringify(name.slice(0, 100))}.` });
}

/** Makes a window, or says it anew. @throws Problem invalid_request, too_many_windows. */
export async function putWindow(deps: DeskDeps, name: string, request: WindowRequest, by: string): Promise<CalendarWindow> {
  const spec = specOf(deps, name, request);
  const before = await deps.controls.read();
  const isNew = !before.windows.some((one) => one.name === name);
  if (isNew && before.windows.length >= MOST_WINDOWS) throw new Problem('too_many_windows');
  const occurrences = plannedOccurrences(deps.schedules.calendar, { ...spec, skipped: [] }, before.now);
  const window = await deps.windows.put({ ...spec, by, occurrences });
  await wakePaused(deps, before, name);
  return window;
}

/** Removes a window: what it holds back goes on. @throws Problem window_not_found. */
export async function removeWindow(deps: DeskDeps, name: string): Promise<void> {
  const before = await deps.controls.read();
  windowIn(before, name);
  await deps.windows.remove(name);
  await wakePaused(deps, before, name);
}

/** Calls one occurrence off. @throws Problem window_not_found, occurrence_not_found, window_changed. */
export async function skipOccurrence(deps: DeskDeps, name: string, from: Date | undefined): Promise<void> {
  const before = await deps.controls.read();
  const window = windowIn(before, name);
  const { now } = before;
  const wanted = from
    ? window.occurrences.find((one) => one.from.getTime() === from.getTime() && one.until > now)
    : (occurrenceAt(window, now) ?? nextOccurrence(window, now));
  if (!wanted) throw new Problem('occurrence_not_found', { detail: `GET /admin/v1/windows/${name} shows the occurrences of the window.` });
  // Of those that are long over nothing has to be known any more.
  const skipped = [...window.skipped, wanted.from].slice(-MOST_SKIPPED);
  const occurrences = plannedOccurrences(deps.schedules.calendar, { ...window, skipped }, now);
  if (!(await deps.windows.skip(name, window.revision, { occurrences, skipped }))) throw new Problem('window_changed');
  await wakePaused(deps, before, name);
}

/** What the window has paused until now is owed again: what is paused still is postponed anew. */
async function wakePaused({ windows }: DeskDeps, { now, windows: before }: ControlSet, name: string): Promise<void> {
  const changed = before.find((one) => one.name === name);
  if (!changed || changed.effect === 'off_peak') return;
  const paused = windowPauses(before, now).filter((pause) => isActive(pause, now));
  const own = paused.filter(({ selector }) => pauseIdOf(selector) === pauseIdOf(changed.selector));
  for (const pause of own) await windows.leaveEnded(pause);
}
