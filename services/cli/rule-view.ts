import { type AdminApi, RefusedError } from './admin-api.ts';
import { momentText } from './moments.ts';
import { factsOf } from './table.ts';

/** GET /admin/v1/rerun-rules/{rule_id}. */
export interface RerunRuleView {
  readonly rule_id: string;
  readonly name: string;
  readonly priority: number;
  readonly type?: string;
  readonly error_code?: string;
  readonly error_class?: string;
  readonly fingerprint?: string;
  readonly after_minutes: number;
  readonly max_runs: number;
  readonly budget_per_hour?: number;
  readonly spent_this_hour?: number;
  readonly enabled: boolean;
  readonly set_by: string;
  readonly updated_at: string;
}

/** GET /admin/v1/batch-rules/{rule_id}. */
export interface BatchRuleView {
  readonly rule_id: string;
  readonly name: string;
  readonly tenant: string;
  readonly query: string;
  readonly action:
    | { readonly kind: 'replay'; readonly from: string }
    | { readonly kind: 'submit'; readonly job: { readonly type: string } };
  readonly cron: string;
  readonly words: string;
  readonly time_zone: string;
  readonly max_jobs: number;
  readonly rate_per_second: number;
  readonly enabled: boolean;
  readonly next_run_at?: string;
  readonly set_by: string;
  readonly updated_at: string;
}

/** A rule of either kind. */
export type RuleView = RerunRuleView | BatchRuleView;

/** Rules of re-runs. */
export const RERUN_RULES = '/admin/v1/rerun-rules';
/** Batch rules. */
export const BATCH_RULES = '/admin/v1/batch-rules';

/** A rule of either kind, and where it stands. */
interface FoundRule {
  readonly path: string;
  readonly rule: RuleView;
}

/** The rule with this id, whichever kind it is. @throws RefusedError where there is none. */
export async function findRule(api: AdminApi, id: string): Promise<FoundRule> {
  const rerunPath = `${RERUN_RULES}/${encodeURIComponent(id)}`;
  try {
    return { path: rerunPath, rule: await api.request<RerunRuleView>('GET', rerunPath) };
  } catch (error) {
    if (!(error instanceof RefusedError) || error.problem?.['code'] !== 'rerun_rule_not_found') throw error;
  }
  const path = `${BATCH_RULES}/${encodeURIComponent(id)}`;
  return { path, rule: await api.request<BatchRuleView>('GET', path) };
}

/** Whether it is a batch rule. */
export const isBatch = (rule: RuleView): rule is BatchRuleView => 'query' in rule;

/** How a rule stands, in a word. */
export const stateText = ({ enabled }: RuleView): string => (enabled ? 'active' : 'disabled');

/** Which failures a rule of re-runs is for. */
export function failuresText({ type, error_class, error_code, fingerprint }: RerunRuleView): string {
  return [type, error_class, error_code, fingerprint].filter((one) => one !== undefined).join(' ') || 'all failures';
}

/** What a batch rule does with each job. */
function actionText({ action }: BatchRuleView): string {
  if (action.kind === 'submit') return `a new job of type ${action.job.type}`;
  return action.from === 'beginning' ? 'runs again from the beginning' : 'runs again from the stage that failed';
}

function rerunText(rule: RerunRuleView, terminal: object): string {
  const { rule_id, name, priority, after_minutes, max_runs, budget_per_hour, spent_this_hour = 0, set_by, updated_at } = rule;
  const facts = {
    ...{ rule: rule_id, name, state: stateText(rule), of: failuresText(rule), after: `${after_minutes} min` },
    'runs at most': max_runs === 0 ? 'none' : max_runs,
    budget: budget_per_hour && `${budget_per_hour} an hour, ${spent_this_hour} of them used`,
    ...{ priority, by: set_by, since: momentText(updated_at) },
  };
  return factsOf(facts, terminal);
}

function batchText(rule: BatchRuleView, terminal: object): string {
  const { rule_id, name, tenant, query, words, cron, time_zone, max_jobs, rate_per_second, next_run_at, set_by, updated_at } = rule;
  const facts = {
    ...{ rule: rule_id, name, state: stateText(rule), runs: `${words} (${cron}, ${time_zone})`, next: momentText(next_run_at) },
    ...{ tenant, query, each: actionText(rule), 'jobs at most': max_jobs, 'a second': rate_per_second },
    ...{ by: set_by, since: momentText(updated_at) },
  };
  return factsOf(facts, terminal);
}

/** A rule as facts. */
export function ruleText(rule: RuleView, terminal: object): string {
  return isBatch(rule) ? batchText(rule, terminal) : rerunText(rule, terminal);
}
