import { rebuildDeadLetters, tendDeadLetters } from '../../../shared/jobs/tend-dead-letters.ts';
import type { SchedulerDeps } from '../scheduler-deps.ts';

const LEASE_MS = 120_000;

/** The janitor's round over all stages, by the one scheduler that holds its lease. @returns letters dropped or owed. */
export async function tendAllDeadLetters(deps: SchedulerDeps, signal: AbortSignal): Promise<number> {
  if (!(await deps.leases.tryAcquire('janitor', deps.owner, LEASE_MS))) return 0;
  const failed = await failedByStage(deps);
  let changed = 0;
  for (const stageName of deps.pipelines.stageNames()) {
    if (signal.aborted) break;
    const { dropped } = await tendDeadLetters(deps, stageName);
    changed += dropped + (await rebuildDeadLetters(deps, stageName, failed.get(stageName) ?? 0));
  }
  return changed;
}

/** FAILED jobs by stage name. Stage numbers of different pipelines may share a name. */
async function failedByStage({ store, pipelines }: SchedulerDeps): Promise<Map<string, number>> {
  const backlog = (await store.backlog()).filter((row) => row.state === 'FAILED');
  const names = new Map<number, string>();
  for (const type of pipelines.names()) for (const [index, stage] of pipelines.typeOf(type).stages.entries()) names.set(index, stage.name);
  const counts = new Map<string, number>();
  for (const { stage, count } of backlog) {
    const name = names.get(stage);
    if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + count);
  }
  return counts;
}
