import type { ScheduleFields } from '../../shared/client/index.ts';
import { type OptionValues, UsageError } from './command.ts';
import { choiceOption, jsonOf, neededOption, STRING, spanOption, textOption, wholeFile } from './option-values.ts';

const CATCH_UP = ['skip', 'once', 'all'] as const;
const OVERLAP = ['allow', 'skip', 'queue'] as const;
const LANES = ['express', 'standard', 'bulk'] as const;

/** Options that say what a schedule is. */
export const SCHEDULE_OPTIONS = {
  ...{ file: STRING, name: STRING, cron: STRING, every: STRING, zone: STRING, type: STRING, input: STRING, options: STRING },
  ...{ lane: STRING, 'catch-up': STRING, overlap: STRING, 'start-at': STRING, 'end-at': STRING },
} as const;

/** What help says of them. */
export const SCHEDULE_OPTIONS_HELP = `  --file FILE        the whole schedule as JSON (docs/schedules.md); or:
  --name NAME        for people
  --cron CRON        when: '30 2 * * mon-fri', with seconds first where it has
                     six fields
  --every SPAN       or an interval in real time: 90s, 30m, 2h, 1d
  --zone ZONE        time zone of CRON, e.g. Europe/Berlin; default: UTC
  --type TYPE        job type; its input is JSON, with placeholders such as
  --input JSON       {{tick.date}} in its strings
  --options JSON     how the job works on its input
  --lane LANE        express, standard or bulk
  --catch-up POLICY  of ticks that were missed run: skip (none), once (the
                     newest) or all
  --overlap POLICY   while the job before is at work: allow, skip or queue
  --start-at AT, --end-at AT
                     ticks lie between, e.g. 2027-01-31T06:00:00Z
`;

function jobFields(values: OptionValues): ScheduleFields['job'] {
  const [lane, options] = [choiceOption(values, 'lane', LANES), textOption(values, 'options')];
  return {
    type: neededOption(values, 'type'),
    input: jsonOf('--input', neededOption(values, 'input')),
    ...(options !== undefined && { options: jsonOf('--options', options) }),
    ...(lane && { lane }),
  };
}

/** The schedule that the options say, in a file or one by one. @throws UsageError. */
export function scheduleFieldsOf(values: OptionValues): ScheduleFields {
  const whole = wholeFile(values, 'schedule', Object.keys(SCHEDULE_OPTIONS));
  if (whole !== undefined) return whole as ScheduleFields;
  const [cron, seconds] = [textOption(values, 'cron'), spanOption(values, 'every')];
  if ((cron === undefined) === (seconds === undefined)) throw new UsageError('Exactly one of --cron, --every and --file is needed.');
  const [policy, overlap] = [choiceOption(values, 'catch-up', CATCH_UP), choiceOption(values, 'overlap', OVERLAP)];
  const [zone, start, end] = [textOption(values, 'zone'), textOption(values, 'start-at'), textOption(values, 'end-at')];
  return {
    name: neededOption(values, 'name'),
    ...(cron === undefined ? { interval_seconds: seconds! } : { cron }),
    ...(zone !== undefined && { time_zone: zone }),
    ...(policy && { catch_up: { policy } }),
    ...(overlap && { overlap }),
    ...(start !== undefined && { start_at: start }),
    ...(end !== undefined && { end_at: end }),
    job: jobFields(values),
  };
}
