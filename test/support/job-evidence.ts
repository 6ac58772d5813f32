import type { JobRecord } from '../../shared/domain/job.ts';
import type { Effect } from './effect-log.ts';
import type { TestSystem } from './test-system.ts';

/** Ends of a claim that committed nothing, as a record's log names them. */
const GIVEN_UP = ['lease_lost', 'released', 'retry'] as const;

/** What the store and the effects outside say of one job. */
export interface Evidence {
  readonly id: string;
  readonly record: Omit<JobRecord, 'id'>;
  readonly effects: readonly Effect[];
}

/** Reads jobs and effects, all at once. */
export async function evidenceOf(system: TestSystem, ids: readonly string[]): Promise<readonly Evidence[]> {
  const found = await system.db
    .collection<Omit<JobRecord, 'id'> & { _id: string }>('jobs')
    .find({ _id: { $in: [...ids] } })
    .toArray();
  const effects = new Map<string, Effect[]>();
  for (const effect of system.effects.all()) {
    const ofJob = effects.get(effect.jobId);
    if (ofJob) ofJob.push(effect);
    else effects.set(effect.jobId, [effect]);
  }
  const records = new Map(found.map(({ _id, ...record }) => [_id, record]));
  return ids.map((id) => {
    const record = records.get(id);
    if (!record) throw new Error(`Job ${id} was accepted and is not in the store`);
    return { id, record, effects: effects.get(id) ?? [] };
  });
}

/** How often the log has an event, at one stage or at all. */
export function countOf({ record }: Evidence, event: string, stage?: number): number {
  return record.log.filter((entry) => entry.event === event && (stage === undefined || entry.stage === stage)).length;
}

/**
 * What speaks against each job having ended well, once: every stage was committed once in run 0, by a claim of its own, in
 * order; every claim either committed or left one entry in the log; effects outside were repeated only for claims that
 * ended otherwise. Holds for jobs of the test's types that note their effects.
 */
export function problemsOf(all: readonly Evidence[], stages: readonly string[] = ['p1', 'p2']): readonly string[] {
  return all.flatMap((one) =>
    [...storeProblems(one, stages), ...effectProblems(one, stages)].map((problem) => `${one.id} (${one.record.type}): ${problem}`),
  );
}

function storeProblems(one: Evidence, stages: readonly string[]): string[] {
  const { state, results, epoch } = one.record;
  if (state !== 'COMPLETED') return [`is ${state}: ${one.record.err?.code}`];
  const committed = results.map(({ stage, run }) => `${stage}:${run}`).join(' ');
  const expected = stages.map((_, index) => `${index}:0`).join(' ');
  const problems = committed === expected ? [] : [`committed ${committed}, not ${expected}`];
  if (new Set(results.map(({ claim }) => claim)).size < results.length) problems.push('two stages have one claim');
  const givenUp = GIVEN_UP.reduce((sum, event) => sum + countOf(one, event), 0);
  if (epoch !== results.length + givenUp) problems.push(`was claimed ${epoch} times: ${results.length} commits, ${givenUp} given up`);
  if (results.some((result, index) => result.epoch <= (results[index - 1]?.epoch ?? 0))) problems.push('epochs do not rise');
  if (results.some(({ startedAt }, index) => index > 0 && startedAt! < results[index - 1]!.at)) {
    problems.push('a stage was started before the one before it was committed');
  }
  return problems;
}

function effectProblems(one: Evidence, stages: readonly string[]): string[] {
  return stages.flatMap((stage, index) => {
    const here = one.effects.filter((effect) => effect.stage === stage);
    const started = here.filter(({ what }) => what === 'started');
    const ended = here.length - started.length;
    const mayRepeat = GIVEN_UP.reduce((sum, event) => sum + countOf(one, event, index), 0);
    const problems = [];
    if (started.length < 1 || started.length > 1 + mayRepeat)
      problems.push(`${stage} started ${started.length} times, ${mayRepeat} claims were given up`);
    if (ended < 1 || ended > started.length) problems.push(`${stage} ended ${ended} times, started ${started.length}`);
    const before = one.record.results[index - 1]?.at.getTime() ?? 0;
    if (started.some(({ atMs }) => atMs < before)) problems.push(`${stage} had effects before the stage before it was committed`);
    return problems;
  });
}

/** Jobs that a process holds now, by its process id. */
export async function heldBy(system: TestSystem, pid: number): Promise<readonly { readonly id: string; readonly type: string }[]> {
  const held = system.db.collection<{ _id: string; type: string }>('jobs').find({ state: 'RUNNING', owner: { $regex: `:${pid}:` } });
  return (await held.project<{ _id: string; type: string }>({ type: 1 }).toArray()).map(({ _id, type }) => ({ id: _id, type }));
}
