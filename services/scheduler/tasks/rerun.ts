import type { RerunTerms } from '../../../shared/domain/rerun/rerun-rule.ts';
import { rerunByRules } from '../../../shared/jobs/rerun-by-rules.ts';
import { rerunFailed } from '../../../shared/jobs/rerun-failed.ts';
import type { SchedulerDeps } from '../scheduler-deps.ts';

/** Runs failed jobs again by the configured rule alone, while there is no other. @returns jobs replayed. */
export async function rerunByDefault(deps: SchedulerDeps, rule: { afterMinutes: number; maxRuns: number }): Promise<number> {
  const hasRules = deps.rerunRules && (await deps.rerunRules.list()).length > 0;
  return hasRules ? 0 : rerunFailed(deps, rule);
}

/** Runs failed jobs again by the rules of operators; the configured one is the last of them. @returns jobs replayed. */
export async function rerunByAllRules(deps: SchedulerDeps, fallback: RerunTerms | undefined, signal: AbortSignal): Promise<number> {
  const { rerunRules: rules } = deps;
  return rules ? rerunByRules({ ...deps, rules }, fallback, signal) : 0;
}
