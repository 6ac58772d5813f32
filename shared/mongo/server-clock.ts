import type { Db } from 'mongodb';
import type { Clock } from '../ports/clock.ts';
import { storeCall } from './store-errors.ts';

/** The difference between the two clocks is measured again after this long. */
const MEASURE_EVERY_MS = 60_000;

/** The server's clock now. @throws MongoError. */
export async function serverTime(db: Db): Promise<Date> {
  return (await db.command({ hello: 1 }))['localTime'] as Date;
}

/**
 * The clock of the database server, as far as a client can know it: the server read it at some time between question and answer, so the
 * quickest answer of the last minute says it best. An answer that cannot be true with that one says that the server's clock has moved.
 */
export class ServerClock {
  readonly #db: Db;
  readonly #clock: Clock;
  /** Server time minus monotonic time, as the middle of what it may be. */
  #offsetMs: number | undefined;
  /** What that may be off by. */
  #doubtMs = 0;
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

  /** An estimate that needs no round trip once the offset is known; right to a few ms. @throws StoreUnavailableError. */
  async estimate(): Promise<Date> {
    return new Date((await this.#now()) + this.#offsetMs!);
  }

  /**
   * The latest that the server's clock can say now, without a round trip once the offset is known: for looks that must not miss what is
   * due, and may find what is due in a few ms. @throws StoreUnavailableError.
   */
  async latest(): Promise<Date> {
    return new Date(Math.ceil((await this.#now()) + this.#offsetMs! + this.#doubtMs));
  }

  /** The monotonic clock, once the offset is known. */
  async #now(): Promise<number> {
    if (this.#offsetMs === undefined) await this.#measure();
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#measuredAtMs > MEASURE_EVERY_MS) this.#measure().catch(() => undefined);
    return nowMs;
  }

  #note(serverMs: number, askedAtMs: number, answeredAtMs: number): void {
    // The server's time has whole milliseconds, cut off.
    const doubtMs = (answeredAtMs - askedAtMs + 1) / 2;
    const offsetMs = serverMs - askedAtMs - doubtMs + 1;
    const isKnown = this.#offsetMs !== undefined && answeredAtMs - this.#measuredAtMs <= MEASURE_EVERY_MS;
    if (isKnown && doubtMs > this.#doubtMs && Math.abs(offsetMs - this.#offsetMs!) <= doubtMs + this.#doubtMs) return;
    this.#measuredAtMs = answeredAtMs;
    this.#doubtMs = doubtMs;
    this.#offsetMs = offsetMs;
  }

  /** One question at a time, shared. */
  #measure(): Promise<Date> {
    this.#measuring ??= this.ask().finally(() => {
      this.#measuring = undefined;
    });
    return this.#measuring;
  }
}
