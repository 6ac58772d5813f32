import { groupBy } from '../domain/group-by.ts';
import type { JobRecord } from '../domain/job.ts';
import type { Pipelines } from '../domain/pipeline.ts';
import { retainMsOf } from '../domain/stage-end.ts';
import { undoReplay } from '../domain/transitions.ts';
import type { Clock } from '../ports/clock.ts';
import type { JobStore } from '../ports/job-store.ts';

export interface UndoDeps {
  readonly store: JobStore;
  readonly clock: Clock;
  readonly pipelines: Pipelines;
}

/** A replay to take back: the job, and the generation of the dead letter that was replayed. */
export interface ReplayedLetter {
  readonly jobId: string;
  readonly gen: number;
}

const DAY_MS = 86_400_000;

/**
 * Takes replays back that nobody has claimed: the jobs are dead letters again, with their former error. One write for those of
 * equal generation and type. @param message tells this call from others': it is the evidence of an earlier try.
 * @returns ids of the jobs that were put back, by this call or an earlier one of the same message.
 */
export async function undoReplays(deps: UndoDeps, letters: readonly ReplayedLetter[], message: string): Promise<ReadonlySet<string>> {
  const { store } = deps;
  const genOf = new Map(letters.map(({ jobId, gen }) => [jobId, gen]));
  const records = await store.read([...genOf.keys()], 'majority');
  const isUnclaimed = ({ id, state, gen }: JobRecord) => state === 'QUEUED' && gen === genOf.get(id)! + 1;
  const undone = new Set(records.filter((record) => isPutBack(record, message)).map(({ id }) => id));
  for (const group of groupBy(records.filter(isUnclaimed), ({ gen, type }) => `${gen} ${type}`).values()) {
    for (const id of await undoGroup(deps, group, message)) undone.add(id);
  }
  return undone;
}

async function undoGroup(deps: UndoDeps, group: readonly JobRecord[], message: string): Promise<readonly string[]> {
  const { store, clock, pipelines } = deps;
  const [{ gen, type }, ids] = [group[0]!, group.map(({ id }) => id)];
  const retainMs = pipelines.has(type) ? retainMsOf(pipelines.typeOf(type)) : DAY_MS;
  const matched = await store.apply(ids, undoReplay({ gen, token: clock.uuid(), retainMs, message }));
  if (matched === ids.length) return ids;
  return (await store.read(ids, 'majority')).filter((record) => isPutBack(record, message)).map(({ id }) => id);
}

function isPutBack({ state, log }: JobRecord, message: string): boolean {
  return state === 'FAILED' && log.at(-1)?.event === 'replay_undone' && log.at(-1)?.message === message;
}
