import { StoreUnavailableError } from '../domain/failures.ts';
import { groupBy } from '../domain/group-by.ts';
import type { WorkedJob } from '../domain/job.ts';
import { markEvent } from '../domain/transitions.ts';
import type { Clock } from '../ports/clock.ts';
import type { Failpoints } from '../ports/failpoints.ts';
import type { JobStore, OwedEvent } from '../ports/job-store.ts';
import type { Logger } from '../ports/logger.ts';
import type { MessageBus } from '../ports/message-bus.ts';
import type { FinishOutcome } from './finish-stage.ts';
import { publishEvents } from './publish-events.ts';
import { quietly } from './store-patience.ts';

/** Marks, and notes that are told, are gathered this long: as long as the relay would have left them. */
const SETTLE_AFTER_MS = 1_000;
/** Marks in one write. */
const MARK_BATCH = 1_000;
/** Ends told and not settled, beyond which others are left to the relay: what is kept here is bounded. */
const MAX_UNSETTLED = 10_000;
/** How long a stop waits for the broker's answers. What has none by then is told again by the relay. */
const ANSWERS_MS = 2_000;

export interface TellDeps {
  readonly store: Pick<JobStore, 'apply' | 'estimateTime' | 'makeNoteDue' | 'removeNotes'>;
  readonly bus: MessageBus;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly failpoints?: Failpoints;
}

/** A job whose last stage was committed from here. */
export interface CommittedEnd {
  /** Before the commit. */
  readonly record: WorkedJob;
  readonly outcome: FinishOutcome;
  /** When the commit was sent, on the monotonic clock. */
  readonly sentAtMs: number;
}

/**
 * T12 by the worker that has committed: it publishes the terminal events from memory, beside everything else, and settles what owes
 * them, lazily, once the broker has confirmed. Whatever fails stays owed, for the relay.
 */
export class EndTeller {
  readonly #deps: TellDeps;
  readonly #stopped = new AbortController();
  readonly #telling = new Set<Promise<void>>();
  #unsettled = 0;
  #marks: OwedEvent[] = [];
  #notes: { readonly claim: string; readonly ends: number }[] = [];
  #settling: Promise<void> | undefined;

  constructor(deps: TellDeps) {
    this.#deps = deps;
  }

  /** Whether the ends of these jobs may be told from here. Not where somebody is to be called back: that is owed before the event is told. */
  mayTell(records: readonly WorkedJob[]): boolean {
    return (
      this.#unsettled + records.length <= MAX_UNSETTLED &&
      this.#deps.bus.canPublish() &&
      records.every(({ callback }) => callback === undefined)
    );
  }

  /** Begins to tell ends that their records owe, and never fails. Only of commits that are durable: the others are told by the relay when they are due. */
  tell(ends: readonly CommittedEnd[]): void {
    const durable = ends.filter(({ outcome }) => outcome === 'applied');
    this.#begin(durable, async () => {
      const { confirmed } = await this.#publish(durable);
      this.#marks.push(...confirmed);
      return confirmed.length;
    });
  }

  /** The same for ends that the note of this claim owes: all of them, or the note is made due for the relay. */
  tellNoted(claim: string, ends: readonly CommittedEnd[]): void {
    const isDurable = ends.length > 0 && ends.every(({ outcome }) => outcome === 'applied');
    if (!isDurable || !this.mayTell(ends.map(({ record }) => record))) return this.#leave(claim);
    this.#begin(ends, async () => {
      const { others } = await this.#publish(ends);
      if (others.length === 0) this.#notes.push({ claim, ends: ends.length });
      else this.#leave(claim);
      return others.length === 0 ? ends.length : 0;
    });
  }

  /** Waits a little for what the broker has not answered, and settles what is told. */
  async stop(): Promise<void> {
    const enough = new AbortController();
    void Promise.all(this.#telling).then(() => enough.abort('over'));
    await this.#deps.clock.sleep(ANSWERS_MS, enough.signal);
    this.#stopped.abort();
    await this.#settling;
  }

  /** Not awaited: a note that is not made due now is due 15 s after it was stored. */
  #leave(claim: string): void {
    this.#deps.store.makeNoteDue(claim).catch(() => undefined);
  }

  /** @param tell answers how many ends wait to be settled. */
  #begin(ends: readonly CommittedEnd[], tell: () => Promise<number>): void {
    if (ends.length === 0) return;
    this.#unsettled += ends.length;
    const telling = tell()
      .catch((error: unknown) => {
        if (!(error instanceof StoreUnavailableError)) this.#deps.logger.error({ err: error }, 'telling ends failed');
        return 0;
      })
      .then((told) => {
        this.#unsettled -= ends.length - told;
        this.#telling.delete(telling);
        if (told > 0) this.#settling ??= this.#settle();
      });
    this.#telling.add(telling);
  }

  async #publish(ends: readonly CommittedEnd[]): ReturnType<typeof publishEvents> {
    const { store, clock } = this.#deps;
    const nowMs = (await store.estimateTime()).getTime() - clock.monotonicMs();
    return publishEvents(
      this.#deps,
      ends.map((end) => eventOf(end, new Date(nowMs + end.sentAtMs))),
    );
  }

  async #settle(): Promise<void> {
    while (this.#marks.length + this.#notes.length > 0) {
      await this.#deps.clock.sleep(SETTLE_AFTER_MS, this.#stopped.signal);
      const marks = this.#marks.splice(0);
      const notes = this.#notes.splice(0);
      await this.#orLeave(() => this.#deps.store.removeNotes(notes.map(({ claim }) => claim)));
      for (const [seq, group] of groupBy(marks, (event) => event.seq)) await this.#mark(seq, group);
      this.#unsettled -= notes.reduce((sum, { ends }) => sum + ends, marks.length);
    }
    this.#settling = undefined;
  }

  async #mark(seq: number, events: readonly OwedEvent[]): Promise<void> {
    const ids = events.map(({ id }) => id);
    for (let from = 0; from < ids.length; from += MARK_BATCH)
      await this.#orLeave(() => this.#deps.store.apply(ids.slice(from, from + MARK_BATCH), markEvent(seq)));
  }

  /** What cannot be settled is told again by the relay. */
  #orLeave(write: () => Promise<unknown>): Promise<void> {
    return quietly({ logger: this.#deps.logger }, 'settling told ends failed', write);
  }
}

/** As its record owes it since the commit. */
function eventOf({ record }: CommittedEnd, doneAt: Date): OwedEvent {
  const { id, tenant, type, createdAt, evt } = record;
  return { id, tenant, type, createdAt, state: 'COMPLETED', doneAt, seq: (evt?.seq ?? 0) + 1 };
}
