import type { Db } from 'mongodb';
import type { Clock } from '../ports/clock.ts';
import { storeCall } from './store-errors.ts';

/** The difference between the two clocks is measured again after this long. */
const MEASURE_EVERY_MS = 60_000;

/** The server's clock now. @throws MongoError. */
export async function serverTime(db: Db): Promise<Date> {
  return (await db.command({ hello: 1 }))['localTime'] as Date;
}

/** Server time minus monotonic time: the least and the most that it can be. */
interface Offset {
  readonly least: number;
  readonly most: number;
}

/**
 * The clock of the database server, as far as a client can know it: the server read it at some time between question and answer, so the
 * quickest answer of the last minute says it best. An answer that cannot be true with that one says that the server's clock has moved.
 */
export class ServerClock {
  readonly #db: Db;
  readonly #clock: Clock;
  #offsetMs: Offset | undefined;
  #measuredAtMs = 0;
  #measuring: Promise<Date> | undefined;

  constructor(db: Db, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  /** Asks the server. @throws StoreUnavailableError. */
  async ask(): Promise<Date> {
    const askedAtMs = this.#clock.monotonicMs();
    const localTime = await storeCall(() => serverTime(this.#db));
    this.#note(localTime.getTime(), askedAtMs, this.#clock.monotonicMs());
    return localTime;
  }

  /**
   * An estimate that needs no round trip once the offset is known: a few ms behind, and not ahead, so that no record says that
   * something was before it was. @throws StoreUnavailableError.
   */
  async estimate(): Promise<Date> {
    const offset = await this.#offset();
    return new Date(this.#clock.monotonicMs() + offset.least);
  }

  /**
   * The latest that the server's clock can say now, without a round trip once the offset is known: for looks that must not miss what is
   * due, and may find what is due in a few ms. @throws StoreUnavailableError.
   */
  async latest(): Promise<Date> {
    const offset = await this.#offset();
    return new Date(Math.ceil(this.#clock.monotonicMs() + offset.most));
  }

  async #offset(): Promise<Offset> {
    if (this.#offsetMs === undefined) await this.#measure();
    if (this.#clock.monotonicMs() - this.#measuredAtMs > MEASURE_EVERY_MS) this.#measure().catch(() => undefined);
    return this.#offsetMs!;
  }

  #note(serverMs: number, askedAtMs: number, answeredAtMs: number): void {
    // The server's time has whole milliseconds, cut off.
    const offset = { least: serverMs - answeredAtMs, most: serverMs + 1 - askedAtMs };
    const isFresh = answeredAtMs - this.#measuredAtMs <= MEASURE_EVERY_MS;
    if (isFresh && this.#offsetMs && saysLess(offset, this.#offsetMs)) return;
    this.#measuredAtMs = answeredAtMs;
    this.#offsetMs = offset;
  }

  /** One question at a time, shared. */
  #measure(): Promise<Date> {
    this.#measuring ??= this.ask().finally(() => {
      this.#measuring = undefined;
    });
    return this.#measuring;
  }
}

/** Whether an answer was slower than one before it, and can be true with that one. */
function saysLess(offset: Offset, before: Offset): boolean {
  const isSlower = offset.most - offset.least > before.most - before.least;
  const hasMoved = offset.least > before.most || offset.most < before.least;
  return isSlower && !hasMoved;
}
