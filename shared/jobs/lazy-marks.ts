import { StoreUnavailableError } from '../domain/failures.ts';
import { partition } from '../domain/group-by.ts';
import { mark, OWED_AFTER_MS } from '../domain/transitions.ts';
import type { Clock } from '../ports/clock.ts';
import type { JobStore } from '../ports/job-store.ts';
import type { Logger } from '../ports/logger.ts';
import { quietly } from './store-patience.ts';

/**
 * A bell is marked this long after it was rung; a job that is claimed by then needs no mark, and a backlog that is worked off meanwhile is not
 * written once more (docs/performance.md). The relay would ring again 15 s after the ring.
 */
export const MARK_AFTER_MS = 3_000;
/** Marks are written at most this often. */
const MARK_EVERY_MS = 1_000;
/** Marks in one write. */
const MARK_BATCH = 1_000;
/** A first bell is owed at the earliest this long after its ring: the ring may have taken as long as a publish may (10 s) after the write that owes it. */
const OWED_FROM_MS = OWED_AFTER_MS - 12_000;
/** And at the latest this long after what a first bell is owed: clocks are estimates. */
const CLOCK_SLACK_MS = 1_000;
/** Bells kept for a mark; beyond it the oldest are marked sooner. */
const MOST_KEPT = 100_000;

/** A bell that was rung, and the token of the debt that it settles. */
export interface RungBell {
  readonly id: string;
  readonly token: string;
}

export interface LazyMarksDeps {
  readonly store: Pick<JobStore, 'apply' | 'estimateTime' | 'nextDue'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Bells rung together. */
interface Rung {
  bells: readonly RungBell[];
  readonly atMs: number;
  readonly isFirst: boolean;
}

/** The lazy half of T2: marks bells as rung where their jobs still wait. A mark that is not written is the relay's: it rings again. */
export class LazyMarks {
  readonly #deps: LazyMarksDeps;
  readonly #stopped = new AbortController();
  #rung: Rung[] = [];
  #marking: Promise<void> | undefined;

  constructor(deps: LazyMarksDeps) {
    this.#deps = deps;
  }

  /** @param isFirst rung right after the write that owes them for 15 s later, as submissions and commits do. */
  add(bells: readonly RungBell[], isFirst = false): void {
    if (bells.length === 0) return;
    this.#rung.push({ bells, isFirst, atMs: this.#deps.clock.monotonicMs() });
    this.#marking ??= this.#writeAll();
  }

  /**
   * Marks are written for many ids and tokens at once. An older mark of a job whose ring was not confirmed would meet the token
   * of this debt, which it shares with others, and erase it (docs/model.md).
   */
  forget(unconfirmed: readonly RungBell[]): void {
    if (unconfirmed.length === 0) return;
    const ids = new Set(unconfirmed.map(({ id }) => id));
    for (const rung of this.#rung) rung.bells = rung.bells.filter(({ id }) => !ids.has(id));
  }

  /** Writes the marks that are still waiting. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#marking;
  }

  async #writeAll(): Promise<void> {
    while (this.#rung.length > 0) {
      await this.#deps.clock.sleep(MARK_EVERY_MS, this.#stopped.signal);
      // All that are due: one batch a wait would fall behind, and the relay would ring twice.
      const due = await this.#unclaimed(this.#takeDue());
      for (let from = 0; from < due.length; from += MARK_BATCH) await this.#write(due.slice(from, from + MARK_BATCH));
    }
    this.#marking = undefined;
  }

  #takeDue(): readonly Rung[] {
    const beforeMs = this.#deps.clock.monotonicMs() - MARK_AFTER_MS;
    const due: Rung[] = [];
    let kept = this.#rung.reduce((sum, { bells }) => sum + bells.length, 0);
    while (this.#rung.length > 0) {
      const rung = this.#rung[0]!;
      if (rung.atMs > beforeMs && kept <= MOST_KEPT && !this.#stopped.signal.aborted) break;
      this.#rung.shift();
      kept -= rung.bells.length;
      due.push(rung);
    }
    return due;
  }

  /** Without those of which one key of an index tells that all were claimed: where no job waits for seconds, no record is looked at. */
  async #unclaimed(due: readonly Rung[]): Promise<readonly RungBell[]> {
    const [first, others] = partition(due, ({ isFirst }) => isFirst);
    const left = first.length > 0 && (await this.#mayBeOwed(first)) ? due : others;
    return left.flatMap(({ bells }) => bells);
  }

  /** @returns false when no bell is owed at a time at which one of these could be. */
  async #mayBeOwed(rung: readonly Rung[]): Promise<boolean> {
    const { store, clock, logger } = this.#deps;
    try {
      const startMs = (await store.estimateTime()).getTime() - clock.monotonicMs();
      const fromMs = startMs + rung[0]!.atMs + OWED_FROM_MS;
      const untilMs = startMs + rung.at(-1)!.atMs + OWED_AFTER_MS + CLOCK_SLACK_MS;
      const next = await store.nextDue('bell', new Date(fromMs));
      return next !== undefined && next.getTime() <= untilMs;
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) logger.error({ err: error }, 'looking for owed bells failed');
      return true;
    }
  }

  #write(batch: readonly RungBell[]): Promise<void> {
    const { store, logger } = this.#deps;
    const ids = batch.map(({ id }) => id);
    const tokens = [...new Set(batch.map(({ token }) => token))];
    return quietly({ logger }, 'marking rung bells failed', () => store.apply(ids, mark(tokens)));
  }
}
