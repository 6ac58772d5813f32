import { walkAlone } from '../../../shared/jobs/dead-letter-lease.ts';
import { noteRegressions } from '../../../shared/jobs/note-regressions.ts';
import { tendDeadLetters } from '../../../shared/jobs/tend-dead-letters.ts';
import type { SchedulerDeps } from '../scheduler-deps.ts';

/** Less than the minute between rounds: a scheduler that was killed holds up none after its own. */
const LEASE_MS = 50_000;

/** The janitor's round over all stages, by the one scheduler that holds its lease. @returns letters dropped or owed. */
export async function tendAllDeadLetters(deps: SchedulerDeps, signal: AbortSignal): Promise<number> {
  if (!(await deps.leases.tryAcquire('janitor', deps.owner, LEASE_MS))) return 0;
  const { letterGroups, deadLetters } = deps;
  if (letterGroups && deadLetters) await noteRegressions({ ...deps, letterGroups, deadLetters });
  // While fsck walks, the round is left out: the next one comes in a minute.
  return (await walkAlone(deps, { waitMs: 0, signal }, () => tendAll(deps, signal))) ?? 0;
}

async function tendAll(deps: SchedulerDeps, signal: AbortSignal): Promise<number> {
  const failed = await failedByStage(deps);
  let changed = 0;
  for (const stageName of deps.pipelines.stageNames()) {
    if (signal.aborted) break;
    const { dropped, owed } = await tendDeadLetters(deps, stageName, failed.get(stageName));
    changed += dropped + owed;
  }
  return changed;
}

/**
 * FAILED jobs by stage name. A backlog tells positions, not names: a name is left out where another pipeline has another
 * name at its position, since a wrong count would owe its letters again in every round.
 */
async function failedByStage({ store, pipelines }: SchedulerDeps): Promise<Map<string, number>> {
  const failed = (await store.backlog()).filter((row) => row.state === 'FAILED');
  const namesAt = new Map<number, Set<string>>();
  for (const { stages } of pipelines.all()) {
    for (const [position, { name }] of stages.entries()) {
      namesAt.set(position, (namesAt.get(position) ?? new Set()).add(name));
    }
  }
  const counts = new Map<string, number>();
  for (const stageName of pipelines.stageNames()) {
    const positions = [...namesAt].filter(([, names]) => names.has(stageName));
    if (positions.some(([, names]) => names.size > 1)) continue;
    const isHere = new Set(positions.map(([position]) => position));
    counts.set(
      stageName,
      failed.reduce((sum, { stage, count }) => sum + (isHere.has(stage) ? count : 0), 0),
    );
  }
  return counts;
}
