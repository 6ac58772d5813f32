import type { Db } from 'mongodb';
import type { Clock } from '../ports/clock.ts';
import { storeCall } from './store-errors.ts';

/** The difference between the two clocks is measured again after this long. */
const MEASURE_EVERY_MS = 60_000;

/** The server's clock now. @throws MongoError. */
export async function serverTime(db: Db): Promise<Date> {
  return (await db.command({ hello: 1 }))['localTime'] as Date;
}

/** The clock of the database server, as far as a client can know it. */
export class ServerClock {
  readonly #db: Db;
  readonly #clock: Clock;
  /** Server time minus monotonic time. */
  #offsetMs: number | undefined;
  #measuredAtMs = 0;
  #measuring: Promise<Date> | undefined;

  constructor(db: Db, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  /** Asks the server. @throws StoreUnavailableError. */
  async ask(): Promise<Date> {
    const localTime = await storeCall(() => serverTime(this.#db));
    this.#measuredAtMs = this.#clock.monotonicMs();
    this.#offsetMs = localTime.getTime() - this.#measuredAtMs;
    return localTime;
  }

  /** An estimate that needs no round trip once the offset is known; right to a few ms. @throws StoreUnavailableError. */
  async estimate(): Promise<Date> {
    if (this.#offsetMs === undefined) return this.#measure();
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#measuredAtMs > MEASURE_EVERY_MS) this.#measure().catch(() => undefined);
    return new Date(nowMs + this.#offsetMs);
  }

  /** One question at a time, shared. */
  #measure(): Promise<Date> {
    this.#measuring ??= this.ask().finally(() => {
      this.#measuring = undefined;
    });
    return this.#measuring;
  }
}
