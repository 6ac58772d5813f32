import type { Executions } from './execution-log.ts';

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

/** Executions of all stages, for a look whether all have been written down. */
export function executionCount(executions: Executions): number {
  return [...executions.values()].flatMap((counts) => [...counts.values()]).reduce((sum, count) => sum + count, 0);
}
