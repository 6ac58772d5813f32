import { groupBy } from '../domain/group-by.ts';
import type { JobRecord } from '../domain/job.ts';
import { inOrder, isRerunDue, RERUN_WITHIN_MS, type RerunRule, type RerunTerms, rerunRuleOf } from '../domain/rerun/rerun-rule.ts';
import type { RerunRules } from '../ports/rerun-rules.ts';
import { type LeaseDeps, whileLeased } from './keep-lease.ts';
import type { RerunDeps } from './rerun-failed.ts';

const LEASE = { name: 'rerun-by-rules', leaseMs: 30_000 };
/** More than one commit can end at one moment: the next page begins at the last moment of the one before. */
const PAGE = 1_000;

export interface RerunByRulesDeps extends RerunDeps, LeaseDeps {
  readonly rules: RerunRules;
}

/** The rule for what no other fits, from the configuration. */
const DEFAULT_ID = 'default';

function withDefault(rules: readonly RerunRule[], fallback: RerunTerms | undefined): readonly RerunRule[] {
  if (!fallback) return inOrder(rules);
  const last = { id: DEFAULT_ID, name: DEFAULT_ID, priority: Number.POSITIVE_INFINITY, when: {}, isEnabled: true };
  return [...inOrder(rules), { ...last, ...fallback }];
}

/**
 * Runs failed jobs again as the rules say, by one scheduler at a time: a budget is granted before it is used, so that it is never
 * exceeded; what it does not cover waits for the next hour, a day at most. Without a rule it does nothing.
 * @param fallback for jobs that no rule fits; undefined: they are left alone. @returns how many were replayed.
 */
export async function rerunByRules(deps: RerunByRulesDeps, fallback: RerunTerms | undefined, stop: AbortSignal): Promise<number> {
  const stored = await deps.rules.list();
  if (stored.length === 0) return 0;
  const rules = withDefault(stored, fallback);
  return (await whileLeased(deps, LEASE, stop, (signal) => walk(deps, rules, signal))) ?? 0;
}

async function walk(deps: RerunByRulesDeps, rules: readonly RerunRule[], signal: AbortSignal): Promise<number> {
  const now = await deps.store.serverTime();
  const inForce = rules.filter(({ isEnabled, maxRuns }) => isEnabled && maxRuns > 0);
  if (inForce.length === 0) return 0;
  const waitsMs = inForce.map(({ afterMinutes }) => afterMinutes * 60_000);
  const to = new Date(now.getTime() - Math.min(...waitsMs));
  const maxRun = Math.max(...inForce.map(({ maxRuns }) => maxRuns)) - 1;
  let replayed = 0;
  let from = new Date(now.getTime() - Math.max(...waitsMs) - RERUN_WITHIN_MS);
  const exhausted = new Set<string>();
  while (!signal.aborted) {
    const failed = await deps.store.find({ kind: 'failed', from, to, maxRun }, PAGE);
    replayed += await rerunDue(deps, rules, failed, { now, exhausted });
    const last = failed.at(-1)?.doneAt;
    if (failed.length < PAGE || !last) break;
    from = last > from ? last : new Date(last.getTime() + 1);
  }
  return replayed;
}

interface Pass {
  readonly now: Date;
  /** Rules whose budget is used up. */
  readonly exhausted: Set<string>;
}

async function rerunDue(deps: RerunByRulesDeps, rules: readonly RerunRule[], failed: readonly JobRecord[], pass: Pass): Promise<number> {
  const decided = failed.flatMap((record) => {
    const rule = rerunRuleOf(rules, record);
    return rule && !pass.exhausted.has(rule.id) && isRerunDue(rule, record, pass.now) ? [{ rule, record }] : [];
  });
  let replayed = 0;
  for (const [rule, due] of groupBy(decided, (one) => one.rule)) {
    const budget = rule.budgetPerHour;
    const granted = budget === undefined ? due.length : await deps.rules.spend(rule.id, due.length, budget);
    if (granted < due.length) pass.exhausted.add(rule.id);
    const message = `re-run ${rule.afterMinutes} min after it failed, by the rule ${rule.name}`;
    for (const { record } of due.slice(0, granted)) if (await deps.replayer.replayRecord(record, { message })) replayed += 1;
  }
  return replayed;
}
