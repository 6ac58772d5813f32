import { type OptionValues, UsageError } from './command.ts';
import { choiceOption, jsonOf, neededOption, STRING, textOption, wholeFile, wholeOption } from './option-values.ts';

const CLASSES = ['retry', 'timeout', 'crash'] as const;
const MOST_MINUTES = 10_080;
const MOST_RUNS = 25;

/** Options that say what a rule of re-runs is. */
export const RERUN_OPTIONS = {
  ...{ name: STRING, type: STRING, 'error-class': STRING, 'error-code': STRING, fingerprint: STRING },
  ...{ 'after-minutes': STRING, 'max-runs': STRING, 'budget-per-hour': STRING, priority: STRING },
  disabled: { type: 'boolean' },
} as const;

/** What help says of them. */
export const RERUN_OPTIONS_HELP = `  --name NAME        for people
  --type TYPE        failures of this job type; default: all; likewise:
  --error-class CLASS, --error-code CODE, --fingerprint HEX
                     ${CLASSES.join(', ')}; as dlq groups shows them
  --after-minutes N  run again so long after the failure, 0 to ${MOST_MINUTES}
  --max-runs N       replays of a job up to which it is run again, 0 to ${MOST_RUNS};
                     0: never
  --budget-per-hour N
                     re-runs by this rule in an hour; default: no bound
  --priority N       lower comes first, and the first rule that fits decides;
                     default 100
  --disabled         keep it, but do not ask it
`;

function neededWhole(values: OptionValues, name: string, most: number): number {
  const value = wholeOption(values, name, 0, most);
  if (value === undefined) throw new UsageError(`--${name} is needed: a whole number from 0 to ${most}.`);
  return value;
}

/** The rule of re-runs that the options say. @throws UsageError. */
export function rerunFieldsOf(values: OptionValues): object {
  return {
    name: neededOption(values, 'name'),
    priority: wholeOption(values, 'priority', 0, 1_000_000),
    type: textOption(values, 'type'),
    error_code: textOption(values, 'error-code'),
    error_class: choiceOption(values, 'error-class', CLASSES),
    fingerprint: textOption(values, 'fingerprint'),
    after_minutes: neededWhole(values, 'after-minutes', MOST_MINUTES),
    max_runs: neededWhole(values, 'max-runs', MOST_RUNS),
    budget_per_hour: wholeOption(values, 'budget-per-hour', 1, 1_000_000),
    enabled: values['disabled'] !== true,
  };
}

/** Options that say what a batch rule is. */
export const BATCH_OPTIONS = {
  ...{ file: STRING, name: STRING, query: STRING, cron: STRING, zone: STRING, tenant: STRING, type: STRING, input: STRING },
  ...{ 'max-jobs': STRING, rate: STRING },
  'from-beginning': { type: 'boolean' },
  disabled: { type: 'boolean' },
} as const;

/** What help says of them. */
export const BATCH_OPTIONS_HELP = `  --file FILE        the whole rule as JSON (docs/operations.md); or:
  --name NAME        for people
  --query QUERY      jobs that it looks for, as jobline list does
  --cron CRON        when: '0 3 * * *', with seconds first where it has
                     six fields
  --zone ZONE        time zone of CRON, e.g. Europe/Berlin; default: UTC
  --tenant TENANT    whose jobs; default: default
  --from-beginning   run every stage again; default: from the one that failed
  --type TYPE, --input JSON
                     in place of running them again: a new job of each, whose
                     input has placeholders such as {{job.input}}
  --max-jobs N       of one run, 1 to 100000; default 10000
  --rate N           jobs a second, 1 to 1000; default 50
  --disabled         keep it, but do not run it by the calendar
`;

function actionOf(values: OptionValues): object {
  const [type, input] = [textOption(values, 'type'), textOption(values, 'input')];
  const fromBeginning = values['from-beginning'] === true;
  if (type === undefined && input === undefined) return { kind: 'replay', from: fromBeginning ? 'beginning' : 'failed_stage' };
  if (fromBeginning) throw new UsageError('--from-beginning is of jobs that are run again; --type and --input make new ones.');
  if (type === undefined || input === undefined) throw new UsageError('--type and --input are needed together.');
  return { kind: 'submit', job: { type, input: jsonOf('--input', input) } };
}

/** The batch rule that the options say, in a file or one by one. @throws UsageError. */
export function batchFieldsOf(values: OptionValues): unknown {
  const whole = wholeFile(values, 'rule', Object.keys(BATCH_OPTIONS));
  if (whole !== undefined) return whole;
  return {
    name: neededOption(values, 'name'),
    query: neededOption(values, 'query'),
    cron: neededOption(values, 'cron'),
    time_zone: textOption(values, 'zone'),
    tenant: textOption(values, 'tenant'),
    action: actionOf(values),
    max_jobs: wholeOption(values, 'max-jobs', 1, 100_000),
    rate_per_second: wholeOption(values, 'rate', 1, 1_000),
    enabled: values['disabled'] !== true,
  };
}
