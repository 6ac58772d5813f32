import type { SchedulerDeps } from '../scheduler-deps.ts';

/** Outputs of claims that never committed may be removed after this long (docs/protocol.md, Sweepers). */
const OLDER_THAN_MS = 3_600_000;
const LIMIT = 1_000;

/** Removes outputs and files that nothing refers to. @returns how many. */
export async function sweepOrphans({ outputs }: SchedulerDeps): Promise<number> {
  return outputs.sweepOrphans(OLDER_THAN_MS, LIMIT);
}
