import { StoreUnavailableError } from '../domain/failures.ts';
import type { JobRecord } from '../domain/job.ts';
import type { Transition, TransitionName } from '../domain/transition.ts';
import type { Clock } from '../ports/clock.ts';
import type { JobStore } from '../ports/job-store.ts';
import { StoppedError, untilStoreAnswers } from './store-patience.ts';

/** Before a write whose outcome reads as not applied is repeated. */
const FINISH_AGAIN_MS = 50;

/**
 * `applied`: durable when the write returned. `read_back`: applied by this very claim, as its evidence shows, but whether it
 * is durable yet is not known. `fenced`: the claim was gone, nothing was changed.
 */
export type FinishOutcome = 'applied' | 'read_back' | 'fenced';

export interface FinishDeps {
  readonly store: JobStore;
  readonly clock: Clock;
  readonly closed: AbortSignal;
}

/** Log event that is the evidence of a transition; a commit's is its result. */
const EVIDENCE: Partial<Record<TransitionName, string>> = { fail: 'retry', dead: 'dead', release: 'released' };

function hasEvidence(record: JobRecord, claim: string, name: TransitionName): boolean {
  if (name === 'commit' || name === 'claim_commit') return record.results.some((result) => result.claim === claim);
  return record.log.some((entry) => entry.claim === claim && entry.event === EVIDENCE[name]);
}

/** True while the transition may still apply: the claim holds the record, or, where it is claimed with its commit, nobody does. */
function isOpen(record: JobRecord, claim: string, { name, when }: Transition): boolean {
  if (name === 'claim_commit') return record.state === 'QUEUED' && record.gen === when.gen && record.stage === when.stage;
  return record.state === 'RUNNING' && record.claim === claim;
}

/**
 * Ends a claim's stage (T5, T6, T7, release) for one job. An unknown outcome is read back and decided by evidence; a
 * claim of one's own is w:1, so it is read locally (docs/protocol.md, Settings).
 * @throws StoppedError when the engine closes while the store is away.
 */
export async function finishOne(deps: FinishDeps, id: string, claim: string, transition: Transition): Promise<FinishOutcome> {
  const { store, clock, closed } = deps;
  for (;;) {
    try {
      if ((await store.apply([id], transition)) === 1) return 'applied';
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
    }
    const [record] = await untilStoreAnswers(clock, closed, () => store.read([id], 'local'));
    if (!record) return 'fenced';
    if (hasEvidence(record, claim, transition.name)) return 'read_back';
    if (!isOpen(record, claim, transition)) return 'fenced';
    if (closed.aborted) throw new StoppedError('Stopped before the stage could be ended');
    await clock.sleep(FINISH_AGAIN_MS, closed);
  }
}

/**
 * Ends a stage for a batch that shares claim and transition: one bare write; on an error or a differing count each is
 * finished on its own (docs/protocol.md, Batches). @returns outcome by job id.
 */
export async function finishBatch(
  deps: FinishDeps,
  ids: readonly string[],
  claim: string,
  transition: Transition,
): Promise<ReadonlyMap<string, FinishOutcome>> {
  if (ids.length === 1) return new Map([[ids[0]!, await finishOne(deps, ids[0]!, claim, transition)]]);
  try {
    if ((await deps.store.apply(ids, transition)) === ids.length) return new Map(ids.map((id) => [id, 'applied']));
  } catch (error) {
    if (!(error instanceof StoreUnavailableError)) throw error;
  }
  return new Map(await Promise.all(ids.map(async (id) => [id, await finishOne(deps, id, claim, transition)] as const)));
}
