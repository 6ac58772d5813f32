import type { AdminApi } from '../admin-api.ts';
import type { Command } from '../command.ts';
import { momentText } from '../moments.ts';
import { adminCommand } from '../question.ts';
import { BATCH_OPTIONS, BATCH_OPTIONS_HELP, batchFieldsOf, RERUN_OPTIONS, RERUN_OPTIONS_HELP, rerunFieldsOf } from '../rule-fields.ts';
import {
  BATCH_RULES,
  type BatchRuleView,
  failuresText,
  findRule,
  isBatch,
  RERUN_RULES,
  type RerunRuleView,
  ruleText,
  stateText,
} from '../rule-view.ts';
import { tableOf } from '../table.ts';

const ID = '0193a5e0-7c1f-7000-8000-5b3d1c9a2f44';
const OF_ONE = { usage: 'RULE', words: ['RULE'] } as const;

interface AllRules {
  readonly rerun_rules: readonly RerunRuleView[];
  readonly batch_rules: readonly BatchRuleView[];
}

async function allRules(api: AdminApi): Promise<AllRules> {
  const [reruns, batches] = await Promise.all([
    api.request<{ rules: readonly RerunRuleView[] }>('GET', RERUN_RULES),
    api.request<{ rules: readonly BatchRuleView[] }>('GET', BATCH_RULES),
  ]);
  return { rerun_rules: reruns.rules, batch_rules: batches.rules };
}

const listCommand = adminCommand({
  name: 'rules list',
  summary: 'list rules of re-runs and batch rules',
  about: 'Rules of re-runs in the order in which they are asked, then batch rules.',
  examples: ['jobline rules list'],
  ask: allRules,
  textOf({ rerun_rules, batch_rules }, terminal) {
    if (rerun_rules.length + batch_rules.length === 0) return 'There are no rules.\n';
    const reruns = rerun_rules.map((rule) => [rule.rule_id, 'rerun', stateText(rule), `${rule.name}: ${failuresText(rule)}`]);
    const batches = batch_rules.map((rule) => [rule.rule_id, 'batch', stateText(rule), `${rule.name}: ${rule.query}`]);
    return tableOf([['rule', 'kind', 'state', 'name, and of what'], ...reruns, ...batches], terminal);
  },
});

const showCommand = adminCommand({
  ...OF_ONE,
  name: 'rules show',
  summary: 'show one rule',
  about: 'RULE is the id of a rule of either kind, as jobline rules list shows it.',
  examples: [`jobline rules show ${ID}`],
  ask: async (api, _, [id]) => (await findRule(api, id!)).rule,
  textOf: ruleText,
});

function setCommand(kind: 'rerun' | 'batch', path: string, more: Pick<Command, 'summary'> & SetParts): Command {
  return adminCommand({
    name: `rules set-${kind}`,
    summary: more.summary,
    usage: '[RULE] --name NAME ...',
    words: ['RULE?'],
    about: `${more.about}\nWith RULE, its id: says that rule anew, as a whole. Prints the rule.`,
    options: more.options,
    optionsHelp: more.optionsHelp,
    examples: more.examples,
    ask(api, values, [id]) {
      const fields = more.fieldsOf(values);
      if (id === undefined) return api.request<RerunRuleView | BatchRuleView>('POST', path, fields);
      return api.request<RerunRuleView | BatchRuleView>('PUT', `${path}/${encodeURIComponent(id)}`, fields);
    },
    textOf: ruleText,
  });
}

interface SetParts {
  readonly about: string;
  readonly options: Command['options'];
  readonly optionsHelp: string;
  readonly examples: readonly string[];
  readonly fieldsOf: (values: Parameters<typeof rerunFieldsOf>[0]) => unknown;
}

const setRerunCommand = setCommand('rerun', RERUN_RULES, {
  summary: 'make a rule by which failed jobs are run again',
  about: 'When and how often failures are run again by themselves.',
  options: RERUN_OPTIONS,
  optionsHelp: RERUN_OPTIONS_HELP,
  examples: ['jobline rules set-rerun --name timeouts --error-class timeout \\\n    --after-minutes 30 --max-runs 2 --budget-per-hour 200'],
  fieldsOf: rerunFieldsOf,
});

const setBatchCommand = setCommand('batch', BATCH_RULES, {
  summary: 'make a rule that works by night on what a search finds',
  about: 'Jobs that the search finds at that time are run again, or new ones made of them.',
  options: BATCH_OPTIONS,
  optionsHelp: BATCH_OPTIONS_HELP,
  examples: [
    "jobline rules set-batch --name 'timeouts again' --cron '0 3 * * *' \\\n    --query 'state:failed error:stage_timeout age:<1d'",
  ],
  fieldsOf: batchFieldsOf,
});

/** A rule of re-runs has no switch of its own: it is said anew. */
async function switchRule(api: AdminApi, id: string, enabled: boolean): Promise<RerunRuleView | BatchRuleView> {
  const { path, rule } = await findRule(api, id);
  if (isBatch(rule)) return api.request<BatchRuleView>('POST', `${path}/${enabled ? 'enable' : 'disable'}`);
  const { name, priority, type, error_code, error_class, fingerprint, after_minutes, max_runs, budget_per_hour } = rule;
  const which = { type, error_code, error_class, fingerprint };
  return api.request<RerunRuleView>('PUT', path, { name, priority, ...which, after_minutes, max_runs, budget_per_hour, enabled });
}

const enableCommand = adminCommand({
  ...OF_ONE,
  name: 'rules enable',
  summary: 'switch a rule on',
  about: 'What a batch rule missed while it was off is not made up for.',
  examples: [`jobline rules enable ${ID}`],
  ask: (api, _, [id]) => switchRule(api, id!, true),
  textOf: ruleText,
});

const disableCommand = adminCommand({
  ...OF_ONE,
  name: 'rules disable',
  summary: 'switch a rule off, and keep it',
  about: 'A run that is under way goes on.',
  examples: [`jobline rules disable ${ID}`],
  ask: (api, _, [id]) => switchRule(api, id!, false),
  textOf: ruleText,
});

interface PreviewView {
  readonly words: string;
  readonly next_runs: readonly string[];
  readonly jobs: readonly { readonly job_id: string; readonly type: string; readonly state: string }[];
  readonly is_more: boolean;
}

const previewCommand = adminCommand({
  name: 'rules preview',
  summary: 'what a batch rule would find now, and when it runs',
  usage: 'RULE | --query QUERY --cron CRON ...',
  words: ['RULE?'],
  about: 'Of a rule that there is, or of one that options say; nothing is done. Shows\nup to 50 jobs.',
  options: BATCH_OPTIONS,
  optionsHelp: BATCH_OPTIONS_HELP,
  examples: [`jobline rules preview ${ID}`, "jobline rules preview --query 'state:failed age:<1d' --cron '0 3 * * *'"],
  ask(api, values, [id]) {
    if (id !== undefined) return api.request<PreviewView>('GET', `${BATCH_RULES}/${encodeURIComponent(id)}/preview`);
    const whole = values['file'] === undefined ? { name: 'preview', ...values } : values;
    return api.request<PreviewView>('POST', `${BATCH_RULES}:preview`, batchFieldsOf(whole));
  },
  textOf({ words, next_runs, jobs, is_more }, terminal) {
    const next =
      next_runs.length === 0 ? 'It does not run again.\n' : tableOf([['next runs'], ...next_runs.map((at) => [momentText(at)])], terminal);
    const rows = jobs.map(({ job_id, type, state }) => [job_id, type, state]);
    const found = rows.length === 0 ? 'It would find no job now.\n' : tableOf([['job', 'type', 'state'], ...rows], terminal);
    return `${words}\n\n${next}\n${found}${is_more ? 'There are more.\n' : ''}`;
  },
});

interface RunView {
  readonly run_id: string;
  readonly of: string;
  readonly at: string;
  readonly state: string;
  readonly counts?: Readonly<Record<string, number>>;
  readonly reason?: string;
}

const countsText = ({ counts = {}, reason }: RunView): string =>
  reason ??
  (Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ') ||
    '-');

const runCommand = adminCommand({
  ...OF_ONE,
  name: 'rules run',
  summary: 'run a batch rule once, now',
  about: 'Whether or not it is switched on. Prints the id of the run; a scheduler takes\nit up.',
  examples: [`jobline rules run ${ID}`],
  ask: (api, _, [id]) => api.request<RunView>('POST', `${BATCH_RULES}/${encodeURIComponent(id!)}/run`),
  textOf: ({ run_id }) => `${run_id}\n`,
});

const runsCommand = adminCommand({
  name: 'rules runs',
  summary: 'list runs of batch rules and of what ships, newest first',
  usage: '[RULE]',
  words: ['RULE?'],
  about: 'RULE is the id of a batch rule, or the name of what ships, e.g. retention. The\nnewest 20.',
  examples: ['jobline rules runs', `jobline rules runs ${ID}`],
  ask: (api, _, [of]) =>
    api.request<{ runs: readonly RunView[] }>('GET', `/admin/v1/batch-runs${of === undefined ? '' : `?of=${encodeURIComponent(of)}`}`),
  textOf({ runs }, terminal) {
    if (runs.length === 0) return 'There are no runs.\n';
    const rows = runs.map((run) => [run.run_id, run.state, momentText(run.at), countsText(run)]);
    return tableOf([['run', 'state', 'of the instant', 'jobs'], ...rows], terminal);
  },
});

const deleteCommand = adminCommand({
  ...OF_ONE,
  name: 'rules delete',
  summary: 'remove a rule',
  about: 'The runs of a batch rule stay. rules disable keeps it.',
  examples: [`jobline rules delete ${ID}`],
  async ask(api, _, [id]) {
    const { path } = await findRule(api, id!);
    await api.request('DELETE', path);
    return { rule_id: id!, deleted: true };
  },
  textOf: ({ rule_id }) => `${rule_id} is removed\n`,
});

/** `jobline rules ...`. */
export const ruleCommands: readonly Command[] = [
  ...[listCommand, showCommand, setRerunCommand, setBatchCommand, enableCommand, disableCommand],
  ...[previewCommand, runCommand, runsCommand, deleteCommand],
];
