import type { Clock } from '../ports/clock.ts';
import type { BusCounters } from './bus-stats.ts';

/** A delivery that others wait behind for this long no longer holds up their acknowledgement. */
const HEAD_PATIENCE_MS = 50;
/**
 * A channel passes at most 32 acknowledgements at a time to a quorum queue and drops the rest when it closes (seen on 3.10.8:
 * of 299 single frames right before the close 33 counted). Nothing tells when they are through, so the wait is by number:
 * 150 ms were enough for 300 frames on a free machine, not on a busy one. What is dropped is only delivered again.
 */
const SETTLING_MS = 150;
const SETTLING_PER_FRAME_MS = 5;
const SETTLING_MAX_MS = 2_000;
const BURST_FRAMES = 16;

/** Sends basic.ack. @throws when the channel is gone. */
export type SendAck = (tag: number, isMultiple: boolean) => void;

/**
 * Acknowledges the deliveries of one channel in as few frames as is safe: `multiple` only up to the highest contiguous
 * settled tag, since acking past an unfinished delivery loses it. When the head stays unsettled for 50 ms, the rest are
 * acknowledged singly. Needs every delivery tag of its channel from 1, so one consumer a channel.
 */
export class AckBatcher {
  readonly #send: SendAck;
  readonly #clock: Clock;
  readonly #counters: BusCounters;
  /** Settled and not acknowledged yet. */
  readonly #settled = new Set<number>();
  /** Acknowledged singly, beyond the head. `multiple` must never name one of these: the broker closes the channel. */
  readonly #ackedAhead = new Set<number>();
  /** Lowest tag that is not settled. */
  #head = 1;
  #blockedSinceMs: number | undefined;
  #flush: NodeJS.Immediate | undefined;
  #patience: NodeJS.Timeout | undefined;
  #isClosed = false;
  #burst = 0;
  #burstSinceMs = 0;

  constructor(send: SendAck, deps: { clock: Clock; counters: BusCounters }) {
    this.#send = send;
    this.#clock = deps.clock;
    this.#counters = deps.counters;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** How long a close should wait: soon after many frames it would undo some. 0 to 2,000. */
  get settlingMs(): number {
    return this.#burst > BURST_FRAMES ? Math.max(0, this.#burstEndMs - this.#clock.monotonicMs()) : 0;
  }

  get #burstEndMs(): number {
    return this.#burstSinceMs + Math.min(SETTLING_MAX_MS, SETTLING_MS + this.#burst * SETTLING_PER_FRAME_MS);
  }

  /** The message of this tag is done with: acknowledged at the end of this turn of the event loop. A repetition does nothing. */
  settle(tag: number): void {
    if (this.#isClosed) {
      this.#counters.lateAcks += 1;
      return;
    }
    if (tag < this.#head || this.#ackedAhead.has(tag)) return;
    this.#settled.add(tag);
    this.#flush ??= setImmediate(() => this.flush());
  }

  /** Acknowledges now what may be. */
  flush(): void {
    clearImmediate(this.#flush);
    this.#flush = undefined;
    if (this.#isClosed) return;
    this.#ackContiguous();
    if (this.#settled.size === 0) return;
    const now = this.#clock.monotonicMs();
    this.#blockedSinceMs ??= now;
    const patienceLeftMs = this.#blockedSinceMs + HEAD_PATIENCE_MS - now;
    if (patienceLeftMs <= 0) this.#ackSingly();
    else this.#patience ??= setTimeout(() => this.#onPatienceEnd(), patienceLeftMs);
  }

  /** Acknowledges all that is settled, without patience: before the channel is closed by us. */
  flushAll(): void {
    this.flush();
    if (!this.#isClosed) this.#ackSingly();
  }

  /** The channel is gone: what is settled but not acknowledged will be delivered again. */
  close(): void {
    this.#isClosed = true;
    this.#counters.lateAcks += this.#settled.size;
    this.#settled.clear();
    clearImmediate(this.#flush);
    clearTimeout(this.#patience);
  }

  #ackContiguous(): void {
    let highest = 0;
    let count = 0;
    for (; ; this.#head += 1) {
      if (this.#settled.delete(this.#head)) {
        highest = this.#head;
        count += 1;
      } else if (!this.#ackedAhead.delete(this.#head)) break;
    }
    if (count === 0) return;
    this.#blockedSinceMs = undefined;
    clearTimeout(this.#patience);
    this.#patience = undefined;
    this.#ack(highest, count);
  }

  #ackSingly(): void {
    for (const tag of this.#settled) {
      this.#ackedAhead.add(tag);
      this.#ack(tag, 1);
    }
    this.#settled.clear();
  }

  #onPatienceEnd(): void {
    this.#patience = undefined;
    this.flush();
  }

  #ack(tag: number, count: number): void {
    try {
      this.#send(tag, count > 1);
      this.#counters.acked += count;
      this.#counters.ackFrames += 1;
      this.#countBurst();
    } catch {
      // The channel has just closed, its event is on the way: the message will be delivered again.
      this.#counters.lateAcks += count;
    }
  }

  #countBurst(): void {
    const now = this.#clock.monotonicMs();
    if (now >= this.#burstEndMs) {
      this.#burst = 0;
      this.#burstSinceMs = now;
    }
    this.#burst += 1;
  }
}
