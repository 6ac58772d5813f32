import { WEEKDAYS, WINDOW_EFFECTS } from '../../shared/domain/windows/calendar-window.ts';
import { type OptionValues, UsageError } from './command.ts';
import {
  choiceOption,
  decimalOption,
  listOption,
  neededOption,
  STRING,
  spanOption,
  textOption,
  wholeFile,
  wholeOption,
} from './option-values.ts';

/** Options that say what a window is. */
export const WINDOW_OPTIONS = {
  ...{ file: STRING, effect: STRING, from: STRING, until: STRING, weekdays: STRING, cron: STRING, duration: STRING, zone: STRING },
  ...{ stage: STRING, type: STRING, tenant: STRING, types: STRING, 'per-second': STRING, batch: STRING, reason: STRING },
} as const;

/** What help says of them. */
export const WINDOW_OPTIONS_HELP = `  --file FILE        the whole window as JSON (docs/windows.md); or:
  --effect EFFECT    off_peak: jobs that are off-peak start in it alone
                     stop: what is selected does not start in it
                     start: it starts in it alone
                     slow: no more of a stage start a second
  --from HH:MM, --until HH:MM
                     as the clocks of the zone show it; over midnight too
  --weekdays DAYS    on which it begins, e.g. mon,tue; default: all
  --cron CRON        or: it begins at each tick, and lasts
  --duration SPAN    90s, 30m, 2h, 1d
  --zone ZONE        e.g. Europe/Berlin; default: UTC
  --stage STAGE, --type TYPE, --tenant TENANT
                     of stop and start: which jobs; --stage of slow
  --types TYPES      of off_peak: job types, e.g. report,http; default: all
  --per-second R     off_peak: released a second; slow: started a second
  --batch N          of off_peak: released together for handlers that take
                     batches, 1 to 500; default 100
  --reason TEXT      why; jobline explain shows it to those whose jobs wait
`;

function calendarOf(values: OptionValues): object {
  const [from, until, cron] = [textOption(values, 'from'), textOption(values, 'until'), textOption(values, 'cron')];
  const [weekdays, seconds] = [listOption(values, 'weekdays'), spanOption(values, 'duration')];
  const isWeekly = from !== undefined && until !== undefined;
  if (isWeekly === (cron !== undefined && seconds !== undefined)) {
    throw new UsageError('windows set needs either --from and --until, or --cron and --duration, or --file.');
  }
  const unknown = weekdays?.find((day) => !(WEEKDAYS as readonly string[]).includes(day));
  if (unknown !== undefined) throw new UsageError(`--weekdays has ${JSON.stringify(unknown)}; there are ${WEEKDAYS.join(', ')}.`);
  return { from, until, weekdays, cron, duration_seconds: seconds };
}

/** The window that the options say, in a file or one by one. @throws UsageError. */
export function windowFieldsOf(values: OptionValues): unknown {
  const whole = wholeFile(values, 'window', Object.keys(WINDOW_OPTIONS));
  if (whole !== undefined) return whole;
  const effect = choiceOption(values, 'effect', WINDOW_EFFECTS);
  if (effect === undefined) throw new UsageError(`--effect is needed: one of ${WINDOW_EFFECTS.join(', ')}.`);
  return {
    effect,
    ...calendarOf(values),
    time_zone: textOption(values, 'zone'),
    stage: textOption(values, 'stage'),
    type: textOption(values, 'type'),
    tenant: textOption(values, 'tenant'),
    types: listOption(values, 'types'),
    per_second: decimalOption(values, 'per-second', 0.001, 10_000),
    batch: wholeOption(values, 'batch', 1, 500),
    reason: neededOption(values, 'reason'),
  };
}
