import { setTimeout as delay } from 'node:timers/promises';
import type { ChangeStream, Collection, Document, MongoClient, ResumeToken } from 'mongodb';
import type { JobState } from '../domain/job.ts';
import type { JobChanges, JobChangesListener, JobChangesWatch } from '../ports/job-changes.ts';
import type { Logger } from '../ports/logger.ts';
import { collectionsOf } from './collections.ts';
import type { Mongo } from './connect.ts';
import type { JobDocument } from './job-document.ts';
import { isUnavailable } from './store-errors.ts';

/** What a user sees changes with one of these alone: heartbeats, marks and debts of bells stay on the server. */
const SEEN_FIELDS = ['state', 'gen', 'epoch', 'progress'] as const;
const AGAIN_MS = [100, 500, 1_000, 2_000] as const;
const BATCH = 1_000;
/** The server answers at least so often, so that closing waits no longer. */
const AWAIT_MS = 1_000;

const newest = (field: string) => ({ $ifNull: [`$updateDescription.updatedFields.${field}`, `$fullDocument.${field}`] });

const CHANGES_SEEN = [
  {
    $match: {
      $or: [
        { operationType: 'insert' },
        ...SEEN_FIELDS.map((field) => ({ operationType: 'update', [`updateDescription.updatedFields.${field}`]: { $exists: true } })),
      ],
    },
  },
  {
    $project: {
      documentKey: 1,
      wallTime: 1,
      ...Object.fromEntries(['state', 'gen', 'epoch'].map((field) => [field, newest(field)])),
    },
  },
] as const;

/** A change as it is projected. */
interface SeenChange extends Document {
  readonly documentKey: { readonly _id: string };
  readonly state?: JobState | null;
  readonly gen?: number | null;
  readonly epoch?: number | null;
  readonly wallTime?: Date;
}

type Source = Pick<Mongo, 'client' | 'db'>;
type Stream = ChangeStream<JobDocument, SeenChange & { _id: ResumeToken }>;

/** One change stream over collection `jobs`, which comes back by itself. */
class Watch implements JobChangesWatch {
  readonly #client: MongoClient;
  readonly #jobs: Collection<JobDocument>;
  readonly #listener: JobChangesListener;
  readonly #logger: Logger;
  readonly #closed = new AbortController();
  readonly #running: Promise<void>;
  /** Where to go on; undefined: from now on, which leaves a gap. */
  #token: ResumeToken | undefined;
  #failures = 0;
  /** Why the stream was closed by ourselves. */
  #fault: unknown;

  constructor({ client, db }: Source, listener: JobChangesListener, logger: Logger) {
    this.#client = client;
    this.#jobs = collectionsOf(db).jobs;
    this.#listener = listener;
    this.#logger = logger;
    this.#running = this.#run();
  }

  async close(): Promise<void> {
    this.#closed.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closed;
    while (!signal.aborted) {
      const stream = this.#open();
      const end = () => void stream.close().catch(() => undefined);
      signal.addEventListener('abort', end);
      try {
        await this.#follow(stream);
      } catch (error) {
        if (!signal.aborted) this.#lost(this.#fault ?? error);
        this.#fault = undefined;
      } finally {
        signal.removeEventListener('abort', end);
        await stream.close().catch(() => undefined);
      }
      if (!signal.aborted)
        await delay(AGAIN_MS[Math.min(this.#failures, AGAIN_MS.length) - 1], undefined, { signal }).catch(() => undefined);
    }
  }

  #open(): Stream {
    const from = this.#token === undefined ? {} : { resumeAfter: this.#token };
    return this.#jobs.watch([...CHANGES_SEEN], { batchSize: BATCH, maxAwaitTimeMS: AWAIT_MS, ...from });
  }

  /** The driver itself goes on after errors that pass at once. @throws what it cannot get over. */
  async #follow(stream: Stream): Promise<void> {
    const { signal } = this.#closed;
    const isGap = this.#token === undefined;
    // The first token comes with the server's first answer; the first change may take long.
    stream.once('resumeTokenChanged', () => {
      this.#began(isGap).catch((error: unknown) => {
        this.#fault = error;
        void stream.close().catch(() => undefined);
      });
    });
    while (!signal.aborted) {
      const change = await stream.tryNext();
      if (signal.aborted) return;
      if (change) this.#tell(change);
      this.#token = stream.resumeToken;
    }
  }

  /** @throws MongoError. */
  async #began(isGap: boolean): Promise<void> {
    if (isGap) await this.#untilDurable();
    if (this.#closed.signal.aborted) return;
    if (isGap) this.#listener.missed();
    if (this.#failures > 0) this.#logger.info({}, 'changes of jobs are followed again');
    this.#failures = 0;
  }

  /**
   * The stream begins after what is applied by now, and majority reads show what is durable: a write in between would be seen
   * by neither. So majority reads have to come that far.
   */
  async #untilDurable(): Promise<void> {
    await this.#client.withSession({ causalConsistency: true }, async (session) => {
      for (const level of ['local', 'majority'] as const) await this.#jobs.findOne({ _id: '' }, { session, readConcern: { level } });
    });
  }

  #tell({ documentKey, state, gen, epoch, wallTime }: SeenChange): void {
    this.#listener.changed({
      id: documentKey._id,
      ...(state && { state }),
      ...(typeof gen === 'number' && { gen }),
      ...(typeof epoch === 'number' && { epoch }),
      ...(wallTime && { at: wallTime }),
    });
  }

  /** What a token cannot bring back (too old, another history) has to be looked at anew. */
  #lost(error: unknown): void {
    if (!isUnavailable(error)) this.#token = undefined;
    if (this.#failures === 0) this.#logger.warn({ err: error }, 'changes of jobs cannot be followed now');
    this.#failures += 1;
  }
}

/** Changes of jobs by a change stream: of durable writes alone, in their order. */
export class MongoJobChanges implements JobChanges {
  readonly #mongo: Source;
  readonly #logger: Logger;

  constructor(mongo: Source, logger: Logger) {
    this.#mongo = mongo;
    this.#logger = logger;
  }

  listen(listener: JobChangesListener): JobChangesWatch {
    return new Watch(this.#mongo, listener, this.#logger);
  }
}
