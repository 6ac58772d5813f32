import type { Command } from '../command.ts';
import { momentText } from '../moments.ts';
import { STRING, textOption, wholeOption } from '../option-values.ts';
import { adminCommand } from '../question.ts';
import { tableOf } from '../table.ts';
import { WINDOW_OPTIONS, WINDOW_OPTIONS_HELP, windowFieldsOf } from '../window-fields.ts';
import { type ForecastView, forecastText, nextText, type WindowView, whenText, windowText } from '../window-view.ts';

const ALL = '/admin/v1/windows';
const pathOf = (name: string): string => `${ALL}/${encodeURIComponent(name)}`;
const EXAMPLE = 'night';
const OF_ONE = { usage: 'WINDOW', words: ['WINDOW'] } as const;

const listCommand = adminCommand({
  name: 'windows list',
  summary: 'list windows by calendar',
  about: 'until: when it ends, where it is open; else when it begins.',
  examples: ['jobline windows list'],
  ask: (api) => api.request<{ windows: readonly WindowView[] }>('GET', ALL),
  textOf({ windows }, terminal) {
    if (windows.length === 0) return 'There are no windows.\n';
    const rows = windows.map((one) => [one.window, one.effect, one.is_open ? 'open' : 'closed', nextText(one), whenText(one)]);
    return tableOf([['window', 'effect', 'state', 'until', 'when'], ...rows], terminal);
  },
});

const showCommand = adminCommand({
  ...OF_ONE,
  name: 'windows show',
  summary: 'show one window and when it comes next',
  about: 'WINDOW is its name.',
  examples: [`jobline windows show ${EXAMPLE}`],
  ask: (api, _, [name]) => api.request<WindowView>('GET', pathOf(name!)),
  textOf: windowText,
});

const setCommand = adminCommand({
  name: 'windows set',
  summary: 'make a window, or say it anew',
  usage: 'WINDOW --effect EFFECT ... --reason TEXT',
  words: ['WINDOW'],
  about: 'WINDOW is its name: up to 50 lower-case letters, digits and hyphens. Prints it\nas it is stored.',
  options: WINDOW_OPTIONS,
  optionsHelp: WINDOW_OPTIONS_HELP,
  examples: [
    `jobline windows set ${EXAMPLE} --effect off_peak --from 22:00 --until 06:00 \\\n    --zone Europe/Berlin --per-second 5 --reason "cheap power"`,
    'jobline windows set leap --effect stop --stage p1 --cron \'0 0 29 2 *\' \\\n    --duration 1h --reason "the archive is moved"',
  ],
  ask: (api, values, [name]) => api.request<WindowView>('PUT', pathOf(name!), windowFieldsOf(values)),
  textOf: windowText,
});

const skipCommand = adminCommand({
  ...OF_ONE,
  name: 'windows skip',
  summary: 'call one occurrence off: the one that is, or the next',
  about: 'Prints the window. windows set of the same window calls it on again.',
  options: { from: STRING },
  optionsHelp: '  --from AT          another: the one that begins then\n',
  examples: [`jobline windows skip ${EXAMPLE}`],
  async ask(api, values, [name]) {
    await api.request('POST', `${pathOf(name!)}/skip`, { from: textOption(values, 'from') });
    return api.request<WindowView>('GET', pathOf(name!));
  },
  textOf: windowText,
});

const forecastCommand = adminCommand({
  ...OF_ONE,
  name: 'windows forecast',
  summary: 'what waits for an off-peak window, and how long it takes',
  about: 'Of windows with the effect off_peak.',
  examples: [`jobline windows forecast ${EXAMPLE}`],
  ask: (api, _, [name]) => api.request<ForecastView>('GET', `${pathOf(name!)}/forecast`),
  textOf: forecastText,
});

interface Upcoming {
  readonly occurrences: readonly {
    readonly window: string;
    readonly effect: string;
    readonly from: string;
    readonly until: string;
    readonly reason: string;
  }[];
}

const upcomingCommand = adminCommand({
  name: 'windows upcoming',
  summary: 'what is to come of all windows, the earliest first',
  about: 'Those that are open now stand first.',
  options: { count: STRING },
  optionsHelp: '  --count N          at most so many, 1 to 200; default 20\n',
  examples: ['jobline windows upcoming --count 5'],
  ask: (api, values) => api.request<Upcoming>('GET', `/admin/v1/upcoming-windows?count=${wholeOption(values, 'count', 1, 200) ?? 20}`),
  textOf({ occurrences }, terminal) {
    if (occurrences.length === 0) return 'No window is to come.\n';
    const rows = occurrences.map(({ window, effect, from, until, reason }) => [
      momentText(from),
      momentText(until),
      window,
      effect,
      reason,
    ]);
    return tableOf([['from', 'until', 'window', 'effect', 'reason'], ...rows], terminal);
  },
});

const deleteCommand = adminCommand({
  ...OF_ONE,
  name: 'windows delete',
  summary: 'remove a window: what it holds back goes on',
  about: 'windows skip calls off one occurrence alone.',
  examples: [`jobline windows delete ${EXAMPLE}`],
  async ask(api, _, [name]) {
    await api.request('DELETE', pathOf(name!));
    return { window: name!, deleted: true };
  },
  textOf: ({ window }) => `${window} is removed\n`,
});

/** `jobline windows ...`. */
export const windowCommands: readonly Command[] = [
  ...[listCommand, showCommand, setCommand, skipCommand, forecastCommand, upcomingCommand],
  deleteCommand,
];
