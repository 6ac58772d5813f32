import { batchFlushes } from './batch-flushes.ts';
import type { BatchOutcome } from './batch-item.ts';
import type { BatchSubmissions } from './batch-submissions.ts';

/** Submits the jobs of a JSON list. @returns what became of each, in order. */
export async function submitList(jobs: readonly unknown[], submissions: BatchSubmissions): Promise<readonly BatchOutcome[]> {
  const outcomes: BatchOutcome[] = [];
  const flushes = batchFlushes(submissions, async (some) => {
    for (const one of some) outcomes.push(one);
  });
  for (const [index, value] of jobs.entries()) {
    flushes.add({ index, value }, 0);
    if (flushes.isFull) await flushes.room();
  }
  await flushes.end();
  return outcomes;
}
