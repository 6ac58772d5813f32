import { mayAcknowledge } from '../domain/doorbell.ts';
import { groupBy } from '../domain/group-by.ts';
import type { JobRecord } from '../domain/job.ts';
import type { Pipelines } from '../domain/pipeline.ts';
import { oweDead, rearm } from '../domain/transitions.ts';
import type { Clock } from '../ports/clock.ts';
import type { JobStore } from '../ports/job-store.ts';
import type { Logger } from '../ports/logger.ts';
import type { DeadLetter, MessageBus } from '../ports/message-bus.ts';

/** Letters met in one walk; the caller walks once a minute (docs/protocol.md, Dead letters). */
const MAX_PER_WALK = 5_000;
const OWE_BATCH = 500;
/** Depth and count may differ by this much before everything is owed again. */
const TOLERATED_SHARE = 0.2;
const TOLERATED_COUNT = 5_000;

export interface JanitorDeps {
  readonly store: JobStore;
  readonly bus: MessageBus;
  readonly clock: Clock;
  readonly pipelines: Pipelines;
  readonly logger: Logger;
}

export interface Tended {
  /** Letters that stay. */
  readonly kept: number;
  readonly dropped: number;
  /** Letters owed again, for the relay to publish. */
  readonly owed: number;
}

/**
 * The janitor: keeps the dead-letter queue of a stage equal to the store's FAILED jobs. One owner, under a lease.
 * @param failedInStore FAILED jobs at the stage; undefined where they cannot be told from another stage's: then letters that
 *   are missing are not looked for.
 */
export async function tendDeadLetters(deps: JanitorDeps, stageName: string, failedInStore?: number): Promise<Tended> {
  const sums = { kept: 0, dropped: 0 };
  const startedAt = await deps.store.serverTime();
  const met = new Set<string>();
  const walked = await deps.bus.walkDeadLetters(stageName, MAX_PER_WALK, async (letter) => {
    const verdict = await judge(deps, letter, met);
    if (verdict === 'drop') letter.drop();
    else await letter.keep();
    sums[verdict === 'drop' ? 'dropped' : 'kept'] += 1;
  });
  if (failedInStore === undefined || !walked.isUndisturbed) return { ...sums, owed: 0 };
  const isWhole = walked.met < MAX_PER_WALK;
  const walk = { met, startedAt, putBack: walked.putBack };
  const owed = isWhole ? await oweMissing(deps, stageName, failedInStore, walk) : await rebuild(deps, stageName, failedInStore);
  return { ...sums, owed };
}

/** Valid: FAILED at equal stage and generation, not met before in this walk. */
async function judge(deps: JanitorDeps, { stage, bell }: DeadLetter, met: Set<string>): Promise<'keep' | 'drop' | 'unsure'> {
  const [record] = await deps.store.read([bell.id], 'majority');
  if (isValid(record, stage, bell.gen)) {
    if (met.has(bell.id)) return 'drop';
    met.add(bell.id);
    return 'keep';
  }
  if (record?.state === 'QUEUED' && record.gen === bell.gen) {
    return (await deps.store.apply([bell.id], rearm(bell.gen, deps.clock.uuid()))) === 1 ? 'drop' : 'unsure';
  }
  return mayAcknowledge(bell, stage, record, undefined) ? 'drop' : 'unsure';
}

function isValid(record: JobRecord | undefined, stage: number, gen: number): boolean {
  return record?.state === 'FAILED' && record.stage === stage && record.gen === gen;
}

interface Walk {
  /** Jobs whose letters it met. */
  readonly met: ReadonlySet<string>;
  /** On the store's clock. */
  readonly startedAt: Date;
  readonly putBack: number;
}

/**
 * After a walk over the whole queue: what is FAILED, had its letter before the walk and was not met, is owed again; unless there
 * are letters in the queue that came back meanwhile from somebody who had taken them (a look in the management UI does that): then
 * the next walk tells. Nothing is purged, unreadable letters stay.
 */
async function oweMissing(deps: JanitorDeps, stageName: string, failedInStore: number, walk: Walk): Promise<number> {
  const { met, startedAt, putBack } = walk;
  if (met.size === failedInStore) return 0;
  const isNew = ({ pub }: JobRecord) => pub?.due !== undefined || (pub?.at !== undefined && pub.at >= startedAt);
  const missing: Owing[] = [];
  let unmetNew = 0;
  for await (const page of failedAt(deps, stageName)) {
    for (const job of page) {
      if (met.has(job.id)) continue;
      if (isNew(job)) unmetNew += 1;
      else missing.push({ id: job.id, gen: job.gen });
    }
  }
  if (missing.length === 0) return 0;
  const cameMeanwhile = (await deps.bus.deadLetterDepth(stageName)) - putBack;
  if (cameMeanwhile > unmetNew) return 0;
  return owe(deps, missing);
}

/**
 * After a walk over a part: where depth and count differ by more than a fifth or 5,000, the queue is purged and all is owed
 * again.
 */
async function rebuild(deps: JanitorDeps, stageName: string, failedInStore: number): Promise<number> {
  const depth = await deps.bus.deadLetterDepth(stageName);
  const difference = Math.abs(depth - failedInStore);
  if (difference <= Math.min(TOLERATED_COUNT, Math.max(failedInStore, depth) * TOLERATED_SHARE)) return 0;
  deps.logger.warn({ stage: stageName, depth, failed: failedInStore }, 'dead-letter queue differs from the store, owing all again');
  await deps.bus.purgeDeadLetters(stageName);
  let owed = 0;
  for await (const page of failedAt(deps, stageName)) owed += await owe(deps, page);
  return owed;
}

type Owing = Pick<JobRecord, 'id' | 'gen'>;

/** FAILED jobs of the stage, page by page. */
async function* failedAt({ store, pipelines }: JanitorDeps, stageName: string): AsyncGenerator<readonly JobRecord[]> {
  for (let after: string | undefined; ; ) {
    const page = await store.list({ state: 'FAILED' }, OWE_BATCH, after);
    yield page.jobs.filter((job) => pipelines.stageAt(job)?.name === stageName);
    if (page.next === undefined) return;
    after = page.next;
  }
}

/** Owes letters, for the relay to publish; one that is owed already is left alone. @returns how many. */
async function owe({ store, clock }: JanitorDeps, jobs: readonly Owing[]): Promise<number> {
  let owed = 0;
  for (let from = 0; from < jobs.length; from += OWE_BATCH) {
    const batch = jobs.slice(from, from + OWE_BATCH);
    // One write a generation: of a hundred thousand letters each single one would cost more than the replays beside it.
    for (const [gen, group] of groupBy(batch, (job) => job.gen)) {
      const ids = group.map(({ id }) => id);
      owed += await store.apply(ids, oweDead(gen, clock.uuid()));
    }
  }
  return owed;
}
