import { setTimeout as delay } from 'node:timers/promises';
import type { ChangeStream, Collection, Document } from 'mongodb';
import type { Logger } from '../ports/logger.ts';

const AGAIN_MS = 1_000;
/** The server answers at least so often, so that closing waits no longer. */
const AWAIT_MS = 1_000;

/** A change stream over schedules that comes back by itself; each time it begins it tells a change, since it may have missed one. */
export class ScheduleChanges<T extends Document> {
  readonly #schedules: Collection<T>;
  readonly #changed: () => void;
  readonly #logger: Logger;
  readonly #closed = new AbortController();
  readonly #running: Promise<void>;
  #stream: ChangeStream<T> | undefined;

  constructor(schedules: Collection<T>, changed: () => void, logger: Logger) {
    this.#schedules = schedules;
    this.#changed = changed;
    this.#logger = logger;
    this.#running = this.#run();
  }

  async close(): Promise<void> {
    this.#closed.abort();
    await this.#stream?.close().catch(() => undefined);
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closed;
    while (!signal.aborted) {
      try {
        await this.#follow();
      } catch (error) {
        if (signal.aborted) return;
        this.#logger.debug({ err: error }, 'the changes of schedules are followed anew');
        await delay(AGAIN_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  async #follow(): Promise<void> {
    const seen = [{ $match: { operationType: { $in: ['insert', 'replace'] } } }, { $project: { _id: 1 } }];
    const stream = this.#schedules.watch<T>(seen, { maxAwaitTimeMS: AWAIT_MS });
    this.#stream = stream;
    try {
      // The first answer comes with the stream open.
      await stream.tryNext();
      this.#changed();
      while (!this.#closed.signal.aborted) if (await stream.tryNext()) this.#changed();
    } finally {
      await stream.close().catch(() => undefined);
    }
  }
}
