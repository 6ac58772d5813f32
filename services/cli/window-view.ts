import { momentText } from './moments.ts';
import { factsOf, tableOf } from './table.ts';

interface Occurrence {
  readonly from: string;
  readonly until: string;
}

/** GET /admin/v1/windows/{window_name}. */
export interface WindowView {
  readonly window: string;
  readonly effect: string;
  readonly weekdays?: readonly string[];
  readonly from?: string;
  readonly until?: string;
  readonly cron?: string;
  readonly duration_seconds?: number;
  readonly time_zone: string;
  readonly stage?: string;
  readonly type?: string;
  readonly tenant?: string;
  readonly types?: readonly string[];
  readonly per_second?: number;
  readonly batch?: number;
  readonly reason: string;
  readonly by: string;
  readonly is_open: boolean;
  readonly occurrences: readonly Occurrence[];
  readonly skipped: readonly string[];
}

/** GET /admin/v1/windows/{window_name}/forecast. */
export interface ForecastView {
  readonly window: string;
  readonly is_open: boolean;
  readonly opens_at?: string;
  readonly closes_at?: string;
  readonly scheduled: number;
  readonly queued: number;
  readonly per_second?: number;
  readonly release_seconds: number;
  readonly occurrences: number;
  readonly last_release_at?: string;
  readonly types: readonly { readonly type: string; readonly scheduled: number; readonly queued: number; readonly p90_seconds?: number }[];
}

const EACH_DAY = 7;

/** When a window is, in a few words. */
export function whenText({ weekdays = [], from, until, cron, duration_seconds, time_zone }: WindowView): string {
  if (cron !== undefined) return `${cron} for ${duration_seconds} s, ${time_zone}`;
  const days = weekdays.length === EACH_DAY ? '' : `${weekdays.join(' ')} `;
  return `${days}${from} to ${until}, ${time_zone}`;
}

/** Whether it is open, and up to or from when. */
export function nextText({ is_open, occurrences: [first] }: WindowView): string {
  return first === undefined ? '-' : momentText(is_open ? first.until : first.from);
}

/** A window with what is to come of it. */
export function windowText(window: WindowView, terminal: object): string {
  const { effect, stage, type, tenant, types, per_second, batch, reason, by, is_open, skipped } = window;
  const facts = {
    window: window.window,
    effect,
    state: is_open ? 'open' : 'closed',
    when: whenText(window),
    ...{ stage, type, tenant, types: types?.join(', '), 'a second': per_second, batch, reason, by },
    'called off': skipped.map(momentText).join(', '),
  };
  const rows = window.occurrences.map(({ from, until }) => [momentText(from), momentText(until)]);
  const next = rows.length === 0 ? 'It does not come again.\n' : tableOf([['from', 'until'], ...rows], terminal);
  return `${factsOf(facts, terminal)}\n${next}`;
}

/** What waits for a window, and how long that takes. */
export function forecastText(forecast: ForecastView, terminal: object): string {
  const { is_open, opens_at, closes_at, scheduled, queued, per_second, release_seconds, occurrences, last_release_at, types } = forecast;
  const facts = {
    window: forecast.window,
    state: is_open ? 'open' : 'closed',
    opens: momentText(opens_at),
    closes: momentText(closes_at),
    'to release': scheduled,
    released: `${queued} that have not started`,
    rate: per_second === undefined ? 'all at once' : `${per_second} a second`,
    takes: `${release_seconds} s, in ${occurrences} ${occurrences === 1 ? 'window' : 'windows'}`,
    'last release': last_release_at && momentText(last_release_at),
  };
  const rows = types.map(({ type, scheduled, queued, p90_seconds }) => {
    return [type, String(scheduled), String(queued), p90_seconds === undefined ? '-' : `${p90_seconds} s`];
  });
  const byType = rows.length === 0 ? '' : `\n${tableOf([['type', 'to release', 'released', 'nine of ten take'], ...rows], terminal)}`;
  return `${factsOf(facts, terminal)}${byType}`;
}
