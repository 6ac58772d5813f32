import { setTimeout as delay } from 'node:timers/promises';
import type { Collection, Db, FindCursor } from 'mongodb';
import type { Logger } from '../ports/logger.ts';
import { COLLECTIONS, LAZY } from './collections.ts';

/** What somebody may be sleeping on. `dues`: something is due soon. `schedules`: a user schedule was made or changed. */
export type WakeKind = 'dues' | 'schedules';

interface WakeDocument {
  readonly kind: WakeKind;
}

/** The server answers at least so often, so that closing waits no longer. */
const AWAIT_MS = 1_000;
/** After a failure. Whoever sleeps looks by himself at least as often as this, or soon after. */
const AGAIN_MS = 1_000;

/**
 * Wakes sleepers in other processes: a capped collection that they tail. A change stream of the jobs did the same and cost the database half of
 * what a job's own writes cost, for every job (docs/decisions.md, Wakes). Hints alone: one that is lost is made up for by the next look.
 */
export class MongoWakes {
  readonly #wakes: Collection<WakeDocument>;
  /** Being said; `again`: and once more, for what came meanwhile. */
  readonly #telling = new Map<WakeKind, 'once' | 'again'>();

  constructor({ db }: { readonly db: Db }) {
    this.#wakes = db.collection(COLLECTIONS.wakes, { writeConcern: LAZY });
  }

  /** Says it, in the background and never failing; many at once are two. */
  tell(kind: WakeKind): void {
    if (this.#telling.has(kind)) this.#telling.set(kind, 'again');
    else void this.#say(kind);
  }

  async #say(kind: WakeKind): Promise<void> {
    do {
      this.#telling.set(kind, 'once');
      await this.#wakes.insertOne({ kind }).catch(() => undefined);
    } while (this.#telling.get(kind) === 'again');
    this.#telling.delete(kind);
  }

  /** Begins at once, and goes on by itself; each time it begins it wakes, since it may have missed something. */
  listen(kind: WakeKind, woken: () => void, logger: Logger): { close(): Promise<void> } {
    return new Tail(this.#wakes, (told) => told === kind && woken(), woken, logger);
  }
}

class Tail {
  readonly #wakes: Collection<WakeDocument>;
  readonly #told: (kind: WakeKind) => void;
  readonly #began: () => void;
  readonly #logger: Logger;
  readonly #closed = new AbortController();
  readonly #running: Promise<void>;
  #cursor: FindCursor<WakeDocument> | undefined;

  constructor(wakes: Collection<WakeDocument>, told: (kind: WakeKind) => void, began: () => void, logger: Logger) {
    this.#wakes = wakes;
    this.#told = told;
    this.#began = began;
    this.#logger = logger;
    this.#running = this.#run();
  }

  async close(): Promise<void> {
    this.#closed.abort();
    await this.#cursor?.close().catch(() => undefined);
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closed;
    while (!signal.aborted) {
      try {
        await this.#follow();
      } catch (error) {
        if (signal.aborted) return;
        this.#logger.debug({ err: error }, 'wakes are listened for anew');
      }
      // A server ends a cursor that has nothing to stand on.
      await delay(AGAIN_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Returns when the server has ended the cursor. */
  async #follow(): Promise<void> {
    const cursor = this.#wakes.find({}, { tailable: true, awaitData: true, maxAwaitTimeMS: AWAIT_MS });
    this.#cursor = cursor;
    try {
      // The first answer comes with the cursor in place. What is there already is old, and costs a look.
      await cursor.tryNext();
      this.#began();
      while (!this.#closed.signal.aborted && !cursor.closed) {
        const wake = await cursor.tryNext();
        if (wake) this.#told(wake.kind);
      }
    } finally {
      await cursor.close().catch(() => undefined);
    }
  }
}
