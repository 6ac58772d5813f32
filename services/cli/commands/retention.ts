import { OUTCOMES } from '../../../shared/domain/retention/retention-rule.ts';
import { type Command, type OptionValues, UsageError } from '../command.ts';
import { momentText } from '../moments.ts';
import { choiceOption, STRING, textOption, wholeOption } from '../option-values.ts';
import { adminCommand } from '../question.ts';
import { factsOf, tableOf } from '../table.ts';

interface RuleView {
  readonly rule_id: string;
  readonly job_days?: number;
  readonly payload_days?: number;
  readonly outputs_days?: number;
  readonly timeline_days?: number;
  readonly source: string;
  readonly set_by?: string;
  readonly updated_at?: string;
}

interface RetentionView {
  readonly rules: readonly RuleView[];
  readonly defaults: readonly { readonly type: string; readonly job_days: number }[];
}

const ALL = '/admin/v1/retention';
const RULES = `${ALL}/rules`;
const PARTS = ['job', 'payload', 'outputs', 'timeline'] as const;
const MOST_DAYS = 3_650;
const outcomes = OUTCOMES.map((outcome) => outcome.toLowerCase());
const EXAMPLE = 'type=report,outcome=completed';
const OF_ONE = { usage: 'RULE', words: ['RULE'] } as const;

const daysOf = (rule: RuleView): readonly (number | undefined)[] => [
  rule.job_days,
  rule.payload_days,
  rule.outputs_days,
  rule.timeline_days,
];

function daysText(days: number | undefined): string | undefined {
  if (days === undefined) return undefined;
  return days === 0 ? 'not kept' : `${days} ${days === 1 ? 'day' : 'days'}`;
}

function ruleText(rule: RuleView, terminal: object): string {
  const { rule_id, source, set_by, updated_at } = rule;
  const days = Object.fromEntries(daysOf(rule).map((value, index) => [PARTS[index]!, daysText(value)]));
  return factsOf({ rule: rule_id, ...days, source, by: set_by, since: updated_at && momentText(updated_at) }, terminal);
}

const listCommand = adminCommand({
  name: 'retention list',
  summary: 'how many days ended jobs and their parts are kept',
  about:
    'The rules, then what a type is kept for where no rule speaks of the job itself.\nA part that no rule speaks of goes with its job.',
  examples: ['jobline retention list'],
  ask: (api) => api.request<RetentionView>('GET', ALL),
  textOf({ rules, defaults }, terminal) {
    const rows = rules.map((rule) => [rule.rule_id, ...daysOf(rule).map((days) => String(days ?? '-')), rule.source]);
    const set = rows.length === 0 ? 'There are no rules.\n' : tableOf([['rule', ...PARTS, 'source'], ...rows], terminal);
    return `${set}\n${tableOf([['type', 'days without a rule'], ...defaults.map(({ type, job_days }) => [type, String(job_days)])], terminal)}`;
  },
});

const showCommand = adminCommand({
  ...OF_ONE,
  name: 'retention show',
  summary: 'show one rule',
  about: 'RULE is its id, as jobline retention list shows it.',
  examples: [`jobline retention show ${EXAMPLE}`],
  ask: (api, _, [id]) => api.request<RuleView>('GET', `${RULES}/${encodeURIComponent(id!)}`),
  textOf: ruleText,
});

function daysFrom(values: OptionValues): Readonly<Record<string, number | undefined>> {
  const days = PARTS.map((part) => [`${part}_days`, wholeOption(values, `${part}-days`, part === 'job' ? 1 : 0, MOST_DAYS)] as const);
  if (days.every(([, value]) => value === undefined)) {
    throw new UsageError(`retention set needs at least one of ${PARTS.map((part) => `--${part}-days`).join(', ')}.`);
  }
  return Object.fromEntries(days);
}

const setCommand = adminCommand({
  name: 'retention set',
  summary: 'set a rule, in place of one for the same jobs',
  usage: '[--type TYPE] --outputs-days N ...',
  about:
    'In force from the next hourly run on, also for jobs that have ended already:\nwhat has gone does not come back. Of several rules the closest decides.',
  options: {
    ...{ type: STRING, outcome: STRING },
    ...{ 'job-days': STRING, 'payload-days': STRING, 'outputs-days': STRING, 'timeline-days': STRING },
  },
  optionsHelp: `  --type TYPE        jobs of this type; default: all
  --outcome OUTCOME  ${outcomes.join(', ')}; default: all
  --job-days N       days after its end that the job is kept, 1 to ${MOST_DAYS};
                     0 to ${MOST_DAYS} for its parts:
  --payload-days N   its input and options
  --outputs-days N   its files
  --timeline-days N  the entries of its log
`,
  examples: ['jobline retention set --type report --outcome completed --outputs-days 14'],
  async ask(api, values) {
    const outcome = choiceOption(values, 'outcome', outcomes);
    return api.request<RuleView>('POST', RULES, { type: textOption(values, 'type'), outcome, ...daysFrom(values) });
  },
  textOf: ruleText,
});

const deleteCommand = adminCommand({
  ...OF_ONE,
  name: 'retention delete',
  summary: 'remove a rule that was set here',
  about: 'A rule of RETENTION_RULES for the same jobs is in force again. Jobs that were\ngiven another time keep it.',
  examples: [`jobline retention delete ${EXAMPLE}`],
  async ask(api, _, [id]) {
    await api.request('DELETE', `${RULES}/${encodeURIComponent(id!)}`);
    return { rule_id: id!, deleted: true };
  },
  textOf: ({ rule_id }) => `${rule_id} is removed\n`,
});

/** `jobline retention ...`. */
export const retentionCommands: readonly Command[] = [listCommand, showCommand, setCommand, deleteCommand];
