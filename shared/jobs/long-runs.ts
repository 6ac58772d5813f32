import { rearm } from '../domain/transitions.ts';
import { asksForReplay, type BellTicket, settleIfSure } from './bell-ticket.ts';
import { type ClaimDeps, replayByBell, type WonClaim } from './claim-bells.ts';
import type { LaneQueue } from './lane-queue.ts';

/** A stage that has run this long is acknowledged early: the lease guards it, not the broker's ack timeout of 30 min. */
export const EARLY_ACK_AFTER_MS = 600_000;
/** A bell that waited this long behind such a stage is handed to the relay. */
export const PARK_AFTER_MS = 60_000;
/** In parts of the time to an early ack: with the defaults 60 s and 5 s. */
const PARK_PART = PARK_AFTER_MS / EARLY_ACK_AFTER_MS;
const CHECK_PART = 1 / 120;
/** A parked bell is owed again after this long. */
const PARKED_FOR_MS = 5_000;

interface LongRun {
  readonly win: WonClaim;
  readonly sinceMs: number;
}

export interface LongRunsDeps extends ClaimDeps {
  readonly waiting: LaneQueue<BellTicket>;
  readonly earlyAckAfterMs: number;
  /** Told when a bell that could not be parked waits again: its slot may have become free meanwhile. */
  onWaiting(): void;
}

/** Keeps deliveries younger than the broker's ack timeout (docs/protocol.md, AMQP rules): early acks, and parking behind them. */
export class LongRuns {
  readonly #deps: LongRunsDeps;
  readonly #running = new Set<LongRun>();
  readonly #stopped = new AbortController();
  #checking: Promise<void> | undefined;

  constructor(deps: LongRunsDeps) {
    this.#deps = deps;
  }

  /** Watches a claim under work. @returns a function that ends the watch. */
  watch(win: WonClaim): () => void {
    const run = { win, sinceMs: this.#deps.clock.monotonicMs() };
    this.#running.add(run);
    this.#checking ??= this.#check();
    return () => this.#running.delete(run);
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#checking;
  }

  async #check(): Promise<void> {
    const { clock, logger } = this.#deps;
    while (this.#running.size > 0 && !this.#stopped.signal.aborted) {
      await clock.sleep(this.#deps.earlyAckAfterMs * CHECK_PART, this.#stopped.signal);
      if (this.#stopped.signal.aborted) break;
      try {
        await this.#ackLongRuns();
        await this.#parkWaiting();
      } catch (error) {
        logger.warn({ err: error }, 'looking after long runs failed');
      }
    }
    this.#checking = undefined;
  }

  async #ackLongRuns(): Promise<void> {
    const before = this.#deps.clock.monotonicMs() - this.#deps.earlyAckAfterMs;
    // `settleIfSure` without a missed claim: RUNNING by majority, under whichever claim, is evidence enough.
    for (const { win, sinceMs } of this.#running)
      if (sinceMs <= before && !win.ticket.isSettled) await settleIfSure(this.#deps, win.ticket);
  }

  async #parkWaiting(): Promise<void> {
    const isBehindLongRun = [...this.#running].some(({ win }) => win.ticket.isSettled);
    if (!isBehindLongRun) return;
    const { clock, waiting, onWaiting } = this.#deps;
    const before = clock.monotonicMs() - this.#deps.earlyAckAfterMs * PARK_PART;
    for (const ticket of waiting.remove((one) => one.arrivedAtMs <= before)) {
      const isSettled = await this.#park(ticket).catch(() => false);
      if (isSettled) continue;
      waiting.push(ticket.delivery.lane, ticket);
      onWaiting();
    }
  }

  async #park(ticket: BellTicket): Promise<boolean> {
    const { clock, counters, store } = this.#deps;
    const parked = await store.apply([ticket.bell.id], rearm(ticket.bell.gen, clock.uuid(), PARKED_FOR_MS, 'park'));
    if (parked === 0) return this.#settleUnparked(ticket);
    counters.parked += 1;
    ticket.settle();
    return true;
  }

  /** Its job is not QUEUED at its generation. A moved dead letter needs no slot to replay its job. */
  async #settleUnparked(ticket: BellTicket): Promise<boolean> {
    if (await settleIfSure(this.#deps, ticket)) return true;
    const [record] = await this.#deps.store.read([ticket.bell.id], 'local');
    if (record && asksForReplay(ticket, record)) await replayByBell(this.#deps, ticket, record);
    return ticket.isSettled;
  }
}
