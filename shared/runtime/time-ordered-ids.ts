import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';

const BYTES_AN_ID = 16;
/** A call for chance costs as much for thousands of bytes as for sixteen (docs/performance.md, "What a submission costs the gateway"). */
const POOL_BYTES = 256 * BYTES_AN_ID;

/**
 * Makes ids of UUID version 7: each greater than the one before, within a millisecond by the 32 bits of its counter (RFC 9562,
 * 6.2, method 1), which begins by chance, as do the 50 bits after it.
 */
export class TimeOrderedIds {
  readonly #nowMs: () => number;
  readonly #pool = Buffer.allocUnsafe(POOL_BYTES);
  readonly #id = Buffer.alloc(BYTES_AN_ID);
  #used = POOL_BYTES;
  #msecs = Number.NEGATIVE_INFINITY;
  #seq = 0;

  /** @param nowMs the time, in ms since 1970; a clock that goes back holds the ids where they are. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  next(): string {
    const random = this.#chance();
    const now = this.#nowMs();
    if (now > this.#msecs) {
      this.#msecs = now;
      // A counter that begins low has room for half of its values at least.
      this.#seq = random.readInt32BE(6) & 0x7f_ff_ff_ff;
    } else {
      this.#seq = (this.#seq + 1) | 0;
      if (this.#seq === 0) this.#msecs += 1;
    }
    v7({ random, msecs: this.#msecs, seq: this.#seq }, this.#id);
    return dashed(this.#id.toString('hex'));
  }

  /** Bytes that no id has had. */
  #chance(): Buffer {
    if (this.#used === POOL_BYTES) {
      randomFillSync(this.#pool);
      this.#used = 0;
    }
    this.#used += BYTES_AN_ID;
    return this.#pool.subarray(this.#used - BYTES_AN_ID, this.#used);
  }
}

/** uuid's own makes an id of twenty strings. */
function dashed(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
