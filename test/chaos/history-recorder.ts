import { setTimeout as delay } from 'node:timers/promises';
import { type ChangeStreamDocument, type Collection, MongoClient, type MongoServerError, type Timestamp } from 'mongodb';
import type { JobRecord } from '../../shared/domain/job.ts';
import { databaseName } from '../../shared/mongo/database-name.ts';
import { type JobDocument, recordOf } from '../../shared/mongo/job-document.ts';
import { HistoryObserver, type Violation } from '../oracles/history-observer.ts';
import { sameValue } from '../oracles/same-value.ts';

/** 47 NoMatchingDocument: an image is gone; 280 ChangeStreamFatalError; 286 ChangeStreamHistoryLost: the oplog has moved on. */
const GAP_CODES = new Set([47, 280, 286]);
const AGAIN_MS = 200;
const LOOK_AGAIN_MS = 250;
const PAGE = 1_000;

export interface RecorderOptions {
  /** Of MongoDB itself, past any proxy, naming the system's database. */
  readonly url: string;
  /** Default: a new one. */
  readonly observer?: HistoryObserver;
}

/**
 * Shows a HistoryObserver every write of every job, by a change stream with the records before and after it. Goes on where
 * it was through outages of the server; what it cannot show is a violation, "history incomplete".
 */
export class HistoryRecorder {
  readonly observer: HistoryObserver;
  readonly #client: MongoClient;
  readonly #jobs: Collection<JobDocument>;
  /** When writes that were answered may have been lost, on this machine's clock: told by who kills the server. */
  readonly outages: { readonly fromMs: number; readonly toMs: number }[] = [];
  readonly #gaps: Violation[] = [];
  #startAt: Timestamp | undefined;
  #resumeAfter: unknown;
  #following: Promise<void> = Promise.resolve();
  readonly #stopping = new AbortController();
  #closeStream: (() => Promise<void>) | undefined;
  #seen = 0;

  private constructor(client: MongoClient, { url, observer = new HistoryObserver() }: RecorderOptions) {
    this.observer = observer;
    this.#client = client;
    this.#jobs = client.db(databaseName(url)).collection<JobDocument>('jobs');
  }

  /** Has the server keep the records before and after each write, and follows from now on. */
  static async start(options: RecorderOptions): Promise<HistoryRecorder> {
    const client = new MongoClient(options.url, { serverSelectionTimeoutMS: 5_000 });
    const recorder = new HistoryRecorder(client, options);
    const db = client.db(databaseName(options.url));
    await db.command({ collMod: 'jobs', changeStreamPreAndPostImages: { enabled: true } });
    const { operationTime } = await db.command({ ping: 1 });
    recorder.#startAt = operationTime as Timestamp;
    recorder.#following = recorder.#follow();
    return recorder;
  }

  /** Reasons why the history is not complete. */
  get gaps(): readonly Violation[] {
    return this.#gaps;
  }

  /** Changes shown so far. */
  get seen(): number {
    return this.#seen;
  }

  /** Waits until the observer knows every job as it is now stored. What it has not come to know is a gap. Nothing may write meanwhile. */
  async caughtUp(withinMs: number): Promise<void> {
    const untilMs = performance.now() + withinMs;
    for (;;) {
      const behind = await this.#behind();
      if (behind.length === 0) return;
      if (performance.now() > untilMs || this.#gaps.length > 0) {
        this.#report(`${behind.length} jobs are not as they were seen last`, behind[0]!);
        return;
      }
      await delay(LOOK_AGAIN_MS);
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#closeStream?.();
    await this.#following;
    await this.#client.close();
  }

  #report(detail: string, jobId = ''): void {
    this.#gaps.push({ rule: 'history incomplete', jobId, detail });
  }

  async #behind(): Promise<readonly string[]> {
    const behind: string[] = [];
    for await (const document of this.#jobs.find({}, { batchSize: PAGE })) {
      const known = this.observer.jobs.get(document._id)?.last;
      if (!known || !sameValue(known, recordOf(document))) behind.push(document._id);
    }
    return behind;
  }

  async #follow(): Promise<void> {
    while (!this.#stopping.signal.aborted && this.#gaps.length === 0) {
      try {
        await this.#followOnce();
      } catch (error) {
        if (GAP_CODES.has(Number((error as MongoServerError).code))) this.#report((error as Error).message);
        await delay(AGAIN_MS);
      }
    }
  }

  /** Until the stream ends: on a stop, or on an outage that the driver gives up on. */
  async #followOnce(): Promise<void> {
    const from = this.#resumeAfter === undefined ? { startAtOperationTime: this.#startAt! } : { resumeAfter: this.#resumeAfter };
    const stream = this.#jobs.watch([], { fullDocument: 'required', fullDocumentBeforeChange: 'required', batchSize: PAGE, ...from });
    this.#closeStream = () => stream.close();
    try {
      for await (const change of stream) this.#show(change);
    } finally {
      await stream.close();
    }
  }

  #show(change: ChangeStreamDocument<JobDocument>): void {
    this.#resumeAfter = change._id;
    if (!('documentKey' in change)) {
      this.#report(`the collection was changed as a whole: ${change.operationType}`);
      return;
    }
    const before = imageOf('fullDocumentBeforeChange' in change ? change.fullDocumentBeforeChange : undefined);
    const after = imageOf('fullDocument' in change ? change.fullDocument : undefined);
    this.#seen += 1;
    const atMs = (change.wallTime as Date).getTime();
    this.observer.note({ id: change.documentKey._id, ...(before && { before }), ...(after && { after }), atMs });
  }
}

function imageOf(document: JobDocument | null | undefined): JobRecord | undefined {
  return document ? recordOf(document) : undefined;
}
