import { mayAcknowledge } from '../domain/doorbell.ts';
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
  if (failedInStore === undefined) return { ...sums, owed: 0 };
  const isWhole = walked < MAX_PER_WALK;
  const owed = isWhole
    ? await oweMissing(deps, stageName, failedInStore, { met, startedAt })
    : await rebuild(deps, stageName, failedInStore);
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
}

/**
 * After a walk over the whole queue: what is FAILED, had its letter before the walk and was not met, is owed again. Nothing is
 * purged, unreadable letters stay.
 */
async function oweMissing(deps: JanitorDeps, stageName: string, failedInStore: number, { met, startedAt }: Walk): Promise<number> {
  if (met.size === failedInStore) return 0;
  return oweAll(deps, stageName, ({ id, pub }) => !met.has(id) && pub?.due === undefined && (pub?.at === undefined || pub.at < startedAt));
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
  return oweAll(deps, stageName, () => true);
}

/** Owes the letters of the stage's FAILED jobs that are missing; one that is owed already is left alone. */
async function oweAll(
  { store, clock, pipelines }: JanitorDeps,
  stageName: string,
  isMissing: (job: JobRecord) => boolean,
): Promise<number> {
  let owed = 0;
  for (let after: string | undefined; ; ) {
    const page = await store.list({ state: 'FAILED' }, OWE_BATCH, after);
    const here = page.jobs.filter((job) => pipelines.has(job.type) && pipelines.typeOf(job.type).stages[job.stage]?.name === stageName);
    const missing = here.filter(isMissing);
    const counts = await Promise.all(missing.map((job) => store.apply([job.id], oweDead(job.gen, clock.uuid()))));
    owed += counts.reduce((sum, count) => sum + count, 0);
    if (page.next === undefined) return owed;
    after = page.next;
  }
}
