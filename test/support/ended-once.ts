import { expect } from 'chai';
import type { TestSystem } from './test-system.ts';

interface StoredResult {
  readonly stage: number;
  readonly run: number;
}

/** All jobs are COMPLETED in their first run, and each of the two stages of each was committed once. */
export async function expectCompletedOnce(system: TestSystem, ids: readonly string[], withinMs = 60_000): Promise<void> {
  expect(new Set(ids).size, 'ids that differ').to.equal(ids.length);
  expect(ids.length, 'jobs').to.be.above(0);
  const counts = await system.untilAllEnded(ids, withinMs).catch((error: unknown) => withExamples(system, ids, error));
  expect(counts).to.deep.equal({ COMPLETED: ids.length });
  const jobs = system.db.collection<{ _id: string; results: readonly StoredResult[] }>('jobs');
  const stored = await jobs.find({ _id: { $in: [...ids] } }, { projection: { results: 1 } }).toArray();
  const commits = stored.map(({ results }) => results.map(({ stage, run }) => `${stage}:${run}`).join(' '));
  expect(new Set(commits)).to.deep.equal(new Set(['0:0 1:0']));
}

/** Adds records of jobs that have not ended to the error. */
async function withExamples({ db }: TestSystem, ids: readonly string[], error: unknown): Promise<never> {
  const active: object = { _id: { $in: ids }, active: { $exists: true } };
  const examples = await db.collection('jobs').find(active).limit(3).toArray();
  throw new Error(`${(error as Error).message}\n${examples.map((one) => JSON.stringify(one)).join('\n')}`);
}

/** What every job did outside: each stage ran once. Holds where no claim was lost on the way. */
export function expectEffectsOnce(system: TestSystem, ids: readonly string[]): void {
  const byJob = new Map<string, string[]>();
  for (const { jobId, what, stage } of system.effects.all()) byJob.set(jobId, [...(byJob.get(jobId) ?? []), `${what} ${stage}`]);
  const expected = ['started p1', 'ended p1', 'started p2', 'ended p2'].join(', ');
  const others = ids.filter((id) => byJob.get(id)?.join(', ') !== expected);
  expect(others.map((id) => `${id}: ${byJob.get(id)?.join(', ')}`)).to.deep.equal([]);
}
