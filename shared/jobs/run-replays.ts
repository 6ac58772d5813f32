import {
  type ReplayCounts,
  type ReplayItem,
  type ReplayOperation,
  rampCounts,
  stopReason,
} from '../domain/dead-letters/replay-operation.ts';
import type { JobRecord } from '../domain/job.ts';
import type { DeadLetters } from '../ports/dead-letters.ts';
import type { JobStore } from '../ports/job-store.ts';
import type { Logger } from '../ports/logger.ts';
import type { ReplayOperations } from '../ports/replay-operations.ts';
import { type LeaseDeps, whileLeased } from './keep-lease.ts';
import { Pace } from './pace.ts';
import type { JobReplayer } from './replay-job.ts';

/** A replay whose scheduler died goes on after this. */
const LEASE = { name: 'replays', leaseMs: 15_000 };
/** How soon an abort is seen, and the step of the pace. */
const TICK_MS = 100;
const BATCH = 500;
/** How often it is looked which jobs have ended. */
const LOOK_EVERY_MS = 1_000;
/** Jobs looked at each time: a hundred thousand that run are gone through in turns. */
const LOOKED_AT = 5_000;

export interface ReplayRunnerDeps extends LeaseDeps {
  readonly replays: ReplayOperations;
  readonly deadLetters: DeadLetters;
  readonly store: JobStore;
  readonly replayer: JobReplayer;
  /** Removes an ended job with all that it has, if it still is as the record says. @returns false when it is not, or may not be removed yet. */
  readonly remove: (record: JobRecord) => Promise<boolean>;
  readonly logger: Logger;
}

/**
 * Carries out the replays that were applied, one at a time in the whole system. One whose process died goes on where it was:
 * what was replayed is told by the job's log.
 * @returns replays that came to an end.
 */
export async function runReplays(deps: ReplayRunnerDeps, stop: AbortSignal): Promise<number> {
  if (!(await deps.replays.open())) return 0;
  const ended = await whileLeased(deps, LEASE, stop, async (signal) => {
    let count = 0;
    for (let open = await deps.replays.open(); open && !signal.aborted; open = await deps.replays.open()) {
      await new ReplayRun(deps, open, signal).run();
      count += signal.aborted ? 0 : 1;
    }
    return count;
  });
  return ended ?? 0;
}

/** Jobs that are removed at once. */
const REMOVALS = 20;

/** The entry of the job's log that tells which operation replayed it. */
export function replayMessage(id: string): string {
  return `replayed by operation ${id}`;
}

/** One operation, from wherever it is to its end. */
class ReplayRun {
  readonly #deps: ReplayRunnerDeps;
  readonly #id: string;
  readonly #operation: ReplayOperation;
  readonly #signal: AbortSignal;
  readonly #pace: Pace;
  #lookedAtMs = -Infinity;
  #lookAfter = -1;

  constructor(deps: ReplayRunnerDeps, operation: ReplayOperation, signal: AbortSignal) {
    this.#deps = deps;
    this.#operation = operation;
    this.#id = operation.id;
    this.#signal = signal;
    this.#pace = new Pace(deps.clock, operation.terms.ratePerSecond, TICK_MS);
  }

  async run(): Promise<void> {
    const { replays, logger } = this.#deps;
    if (this.#operation.state === 'collecting' && !(await this.#collect())) return;
    let counts = await replays.count(this.#id);
    const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
    for (const upTo of rampCounts(total, this.#operation.terms.rampPercent)) {
      const reached = await this.#step(upTo, upTo === total, counts);
      if (!reached) return;
      counts = reached;
    }
    await replays.end(this.#id, 'done', counts.replayed > 0 ? `${counts.replayed} jobs had not ended yet.` : undefined);
    logger.info({ replay: this.#id, ...counts }, 'replay is done');
  }

  /** Notes the jobs. Begun anew after a crash: nothing is replayed before all are noted. @returns false when it ended instead. */
  async #collect(): Promise<boolean> {
    const { replays, deadLetters } = this.#deps;
    await replays.forgetItems(this.#id);
    let seq = 0;
    for await (const letters of deadLetters.each(this.#operation.filter)) {
      if (await this.#isOver()) return false;
      await replays.addItems(this.#id, letters, seq);
      seq += letters.length;
    }
    await replays.collected(this.#id);
    return true;
  }

  /** Replays up to so many jobs and waits until they have ended. @returns undefined when the operation is over, or the process stops. */
  async #step(upTo: number, isLast: boolean, before: ReplayCounts): Promise<ReplayCounts | undefined> {
    const { clock, replays } = this.#deps;
    let counts = before;
    for (let left = upTo - touched(counts); left > 0; ) {
      if (await this.#isOver()) return undefined;
      left -= await this.#replayNext(await this.#pace.next(this.#signal, Math.min(left, BATCH)));
      counts = (await this.#look()) ?? counts;
      if (await this.#stopIf(stopReason(counts, this.#operation.terms, false))) return undefined;
    }
    const untilMs = clock.monotonicMs() + this.#operation.terms.stepTimeoutMs;
    for (counts = await replays.count(this.#id); counts.replayed > 0 && clock.monotonicMs() < untilMs; ) {
      if (await this.#isOver()) return undefined;
      await clock.sleep(TICK_MS, this.#signal);
      counts = (await this.#look()) ?? counts;
      if (await this.#stopIf(stopReason(counts, this.#operation.terms, false))) return undefined;
    }
    const late = counts.replayed > 0 && !isLast ? `${counts.replayed} jobs of the step up to ${upTo} did not end in time.` : undefined;
    return (await this.#stopIf(late ?? stopReason(counts, this.#operation.terms, true))) ? undefined : counts;
  }

  async #stopIf(reason: string | undefined): Promise<boolean> {
    if (reason === undefined) return false;
    await this.#deps.replays.end(this.#id, 'stopped', reason);
    this.#deps.logger.warn({ replay: this.#id, reason }, 'replay stopped by itself');
    return true;
  }

  /** True when the process stops, or the operation was aborted, which is then noted. */
  async #isOver(): Promise<boolean> {
    if (this.#signal.aborted) return true;
    const now = await this.#deps.replays.read(this.#id);
    if (!now?.abortRequested) return now === undefined;
    await this.#deps.replays.count(this.#id);
    await this.#deps.replays.end(this.#id, 'aborted');
    this.#deps.logger.warn({ replay: this.#id }, 'replay was aborted');
    return true;
  }

  /** Replays the next jobs. @returns how many are not pending any more. */
  async #replayNext(count: number): Promise<number> {
    if (count < 1) return 0;
    if (this.#operation.terms.action === 'delete') return this.#deleteNext(count);
    const { replays, store, replayer } = this.#deps;
    const items = await replays.items(this.#id, 'pending', count);
    const records = byId(await store.read(ids(items), 'majority'));
    const isDue = ({ jobId, gen }: ReplayItem) => records.get(jobId)?.state === 'FAILED' && records.get(jobId)?.gen === gen;
    const due = items.filter(isDue);
    const message = replayMessage(this.#id);
    const { fromBeginning } = this.#operation.terms;
    const won = await replayer.replayRecords(
      due.map(({ jobId }) => records.get(jobId)!),
      { fromBeginning, message, mayBeUndone: true },
    );
    // A process that died here has replayed it already.
    const isOurs = ({ jobId }: ReplayItem) => won.has(jobId) || records.get(jobId)?.log.some((entry) => entry.message === message);
    await replays.note(this.#id, ids(items.filter(isOurs)), 'replayed');
    await replays.note(this.#id, ids(items.filter((item) => !isOurs(item))), 'skipped');
    return items.length > 0 ? items.length : Infinity;
  }

  /** Removes the next jobs. What is gone already was removed by a process that died, or by its retention. @returns as `#replayNext`. */
  async #deleteNext(count: number): Promise<number> {
    const { replays, store, remove } = this.#deps;
    const items = await replays.items(this.#id, 'pending', count);
    const records = byId(await store.read(ids(items), 'majority'));
    for (let from = 0; from < items.length; from += REMOVALS) {
      const some = items.slice(from, from + REMOVALS);
      const isGone = await Promise.all(
        some.map(async ({ jobId, gen }) => {
          const record = records.get(jobId);
          return !record || (record.state === 'FAILED' && record.gen === gen && (await remove(record)));
        }),
      );
      await replays.note(this.#id, ids(some.filter((_, index) => isGone[index])), 'deleted');
      await replays.note(this.#id, ids(some.filter((_, index) => !isGone[index])), 'skipped');
    }
    return items.length > 0 ? items.length : Infinity;
  }

  /** Once a second: which jobs have ended. @returns the counts, where it looked. */
  async #look(): Promise<ReplayCounts | undefined> {
    const { clock, replays, store } = this.#deps;
    if (clock.monotonicMs() - this.#lookedAtMs < LOOK_EVERY_MS) return undefined;
    this.#lookedAtMs = clock.monotonicMs();
    const items = await replays.items(this.#id, 'replayed', LOOKED_AT, this.#lookAfter);
    this.#lookAfter = items.length === LOOKED_AT ? items.at(-1)!.seq : -1;
    const records = byId(await store.read(ids(items), 'majority'));
    const isIn = (states: readonly (string | undefined)[]) => ids(items.filter(({ jobId }) => states.includes(records.get(jobId)?.state)));
    await replays.note(this.#id, isIn(['COMPLETED']), 'completed');
    await replays.note(this.#id, isIn(['FAILED', 'EXPIRED']), 'failed');
    await replays.note(this.#id, isIn(['CANCELED', undefined]), 'skipped');
    return replays.count(this.#id);
  }
}

function touched({ pending, ...others }: ReplayCounts): number {
  return Object.values(others).reduce((sum, count) => sum + count, 0);
}

function ids(items: readonly ReplayItem[]): readonly string[] {
  return items.map(({ jobId }) => jobId);
}

function byId(records: readonly JobRecord[]): ReadonlyMap<string, JobRecord> {
  return new Map(records.map((record) => [record.id, record]));
}
