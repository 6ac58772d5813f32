import { setTimeout as delay } from 'node:timers/promises';
import { type Executions, readExecutions } from './execution-log.ts';

/** What became of the jobs of a run. */
export interface Verification {
  readonly submitted: number;
  /** Read back as COMPLETED. */
  readonly completed: number;
  /** Not completed, or a stage of it never ran. */
  readonly lost: number;
  /** A stage of it ran more than once. */
  readonly doubled: number;
  /** The first few of what is wrong, as sentences. */
  readonly examples: readonly string[];
}

/** The stages of the workload. */
export const STAGES = ['p1', 'p2'] as const;
const EXAMPLES = 5;
const NOTED_WITHIN_MS = 5_000;
const LOOK_MS = 50;

/** Holds every job against its final state and the executions of its stages: loss and doubling by job, not by sums. */
export function verify(submitted: number, states: ReadonlyMap<number, string>, executions: Executions): Verification {
  let [completed, lost, doubled] = [0, 0, 0];
  const examples: string[] = [];
  for (let n = 0; n < submitted; n += 1) {
    const state = states.get(n);
    const runs = STAGES.map((stage) => executions.get(stage)?.get(n) ?? 0);
    const isLost = state !== 'COMPLETED' || runs.includes(0);
    const isDoubled = runs.some((count) => count > 1);
    if (state === 'COMPLETED') completed += 1;
    if (isLost) lost += 1;
    if (isDoubled) doubled += 1;
    const said = `job ${n}: ${state ?? 'not there'}, ${STAGES.map((stage, index) => `${stage} ran ${runs[index]}`).join(', ')}`;
    if ((isLost || isDoubled) && examples.length < EXAMPLES) examples.push(said);
  }
  // A record that belongs to no job that was submitted: a submission that made two.
  const unknown = [...states.keys()].filter((n) => !(n >= 0 && n < submitted)).length;
  if (unknown > 0) examples.push(`${unknown} jobs are there that nobody submitted`);
  return { submitted, completed, lost, doubled: doubled + unknown, examples };
}

function executionCount(executions: Executions): number {
  return [...executions.values()].flatMap((counts) => [...counts.values()]).reduce((sum, count) => sum + count, 0);
}

/** Waits for what processes have not written down yet; what is missing then was not executed. */
export async function allExecutions(folder: string, submitted: number): Promise<Executions> {
  const untilMs = performance.now() + NOTED_WITHIN_MS;
  for (;;) {
    const executions = await readExecutions(folder);
    if (executionCount(executions) >= submitted * STAGES.length || performance.now() > untilMs) return executions;
    await delay(LOOK_MS);
  }
}
