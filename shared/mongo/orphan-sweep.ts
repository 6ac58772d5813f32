import type { Db } from 'mongodb';
import { keptResults } from '../domain/kept-results.ts';
import type { Clock } from '../ports/clock.ts';
import { COLLECTIONS, type Collections, collectionsOf, FILE_BUCKET, type OutputDocument } from './collections.ts';
import type { GridFiles } from './grid-files.ts';
import type { JobDocument } from './job-document.ts';
import type { EditDocument } from './mongo-job-edits.ts';
import { storeCall } from './store-errors.ts';

const DAY_MS = 86_400_000;
/** What is in use is looked at again after this long, or when its job is gone. */
const LOOK_AGAIN_MS = 7 * DAY_MS;
/** MongoDB removes what has had its time within a minute, two when it is busy. */
const GONE_AFTER_MS = 120_000;
/** An upload that an active job still needs is kept this much longer each time. */
const EXTEND_MS = DAY_MS;

type Holder = Pick<JobDocument, '_id' | 'active' | 'claim' | 'results' | 'former' | 'removed' | 'expireAt'>;

/** Removes what nothing refers to: outputs, payloads, uploads, files. Each kind is found by an index on when to look at it. */
export class OrphanSweep {
  readonly #db: Db;
  readonly #clock: Clock;
  readonly #files: GridFiles;
  readonly #collections: Collections;

  constructor(db: Db, clock: Clock, files: GridFiles) {
    this.#db = db;
    this.#clock = clock;
    this.#files = files;
    this.#collections = collectionsOf(db);
  }

  /** @param limit of each kind. @returns how many were removed. @throws StoreUnavailableError. */
  async run(olderThanMs: number, limit: number): Promise<number> {
    const now = this.#clock.now();
    const counts = [
      await this.#outputs(new Date(now.getTime() + DAY_MS - olderThanMs), limit),
      await this.#payloads(now, limit),
      await this.#edits(now, limit),
      await this.#uploads(now, limit),
      await this.#openFiles(now, limit),
      await this.#unusedFiles(now, limit),
    ];
    return counts.reduce((sum, count) => sum + count, 0);
  }

  async #holders(ids: readonly string[]): Promise<ReadonlyMap<string, Holder>> {
    const projection = { active: 1, claim: 1, results: 1, 'former.results': 1, removed: 1, expireAt: 1 } as const;
    const found = await storeCall(() => this.#collections.jobs.find<Holder>({ _id: { $in: ids as string[] } }, { projection }).toArray());
    return new Map(found.map((job) => [job._id, job]));
  }

  /** At first `sweepAt` is a day after the insert: those older than `olderThanMs` have one before `now + a day - olderThanMs`. */
  async #outputs(before: Date, limit: number): Promise<number> {
    const { outputs } = this.#collections;
    const due = await storeCall(() => outputs.find({ sweepAt: { $lte: before } }, { sort: { sweepAt: 1 }, limit }).toArray());
    return this.#removeUnused(due);
  }

  /** The same for some outputs, by id, whatever their age. @returns how many were not in use. */
  async remove(ids: readonly string[]): Promise<number> {
    if (ids.length === 0) return 0;
    return this.#removeUnused(await storeCall(() => this.#collections.outputs.find({ _id: { $in: ids as string[] } }).toArray()));
  }

  async #removeUnused(due: readonly OutputDocument[]): Promise<number> {
    const { outputs } = this.#collections;
    const jobs = await this.#holders([...new Set(due.map(({ jobId }) => jobId))]);
    const unused = due.filter((output) => !isInUse(output, jobs.get(output.jobId)));
    const unusedIds = new Set(unused.map(({ _id }) => _id));
    const kept = due.filter(({ _id }) => !unusedIds.has(_id)).map(({ _id, jobId }) => ({ id: _id, job: jobs.get(jobId) }));
    await this.#files.remove(unused.flatMap(({ files }) => files.map(({ ref }) => ref)));
    await storeCall(() => outputs.deleteMany({ _id: { $in: [...unusedIds] } }));
    // A day, since outputs are looked at up to 23 hours before their time: in use, they must not keep out what is not.
    await this.#lookLater(outputs, kept, DAY_MS);
    return unused.length;
  }

  async #payloads(now: Date, limit: number): Promise<number> {
    const { payloads } = this.#collections;
    const options = { sort: { sweepAt: 1 }, limit, projection: { _id: 1 } } as const;
    const due = (await storeCall(() => payloads.find({ sweepAt: { $lte: now } }, options).toArray())).map(({ _id }) => _id);
    const jobs = await this.#holders(due);
    const isNeeded = (id: string) => jobs.get(id)?.active === true || (jobs.has(id) && jobs.get(id)!.removed?.payload === undefined);
    const unused = due.filter((id) => !isNeeded(id));
    await storeCall(() => payloads.deleteMany({ _id: { $in: unused } }));
    const kept = due.filter(isNeeded).map((id) => ({ id, job: jobs.get(id) }));
    await this.#lookLater(payloads, kept, GONE_AFTER_MS);
    return unused.length;
  }

  async #edits(now: Date, limit: number): Promise<number> {
    const edits = this.#db.collection<EditDocument>(COLLECTIONS.jobEdits);
    const options = { sort: { sweepAt: 1 }, limit, projection: { jobId: 1 } } as const;
    const due = await storeCall(() => edits.find({ sweepAt: { $lte: now } }, options).toArray());
    const jobs = await this.#holders([...new Set(due.map(({ jobId }) => jobId))]);
    const unused = due.filter(({ jobId }) => !jobs.has(jobId)).map(({ _id }) => _id);
    await storeCall(() => edits.deleteMany({ _id: { $in: unused } }));
    const kept = due.filter(({ jobId }) => jobs.has(jobId)).map(({ _id }) => _id);
    const sweepAt = new Date(now.getTime() + LOOK_AGAIN_MS);
    await storeCall(() => edits.updateMany({ _id: { $in: kept } }, { $set: { sweepAt } }));
    return unused.length;
  }

  /** Again so long after the job has had its time, and within a week. */
  async #lookLater(
    collection: Collections['outputs'] | Collections['payloads'],
    kept: readonly { readonly id: string; readonly job: Holder | undefined }[],
    afterMs: number,
  ): Promise<void> {
    if (kept.length === 0) return;
    const nowMs = this.#clock.now().getTime();
    const updates = kept.map(({ id, job }) => {
      const goneMs = Math.max(job?.expireAt?.getTime() ?? Number.POSITIVE_INFINITY, nowMs) + afterMs;
      const sweepAt = new Date(Math.min(goneMs, nowMs + LOOK_AGAIN_MS));
      return { updateOne: { filter: { _id: { $eq: id } }, update: { $set: { sweepAt } } } };
    });
    await storeCall((within) => (collection as Collections['outputs']).bulkWrite(updates, { ordered: false, ...within }));
  }

  /** An upload ends at its time, unless an active job still needs it. */
  async #uploads(now: Date, limit: number): Promise<number> {
    const { uploads, jobs } = this.#collections;
    const due = await storeCall(() => uploads.find({ expireAt: { $lte: now } }, { sort: { expireAt: 1 }, limit }).toArray());
    let removed = 0;
    for (const { _id, ref } of due) {
      const user = await storeCall(() => jobs.findOne({ active: true, uploadId: { $eq: _id } }, { projection: { _id: 1 } }));
      if (user) {
        const expireAt = new Date(now.getTime() + EXTEND_MS);
        await storeCall(() => uploads.updateOne({ _id: { $eq: _id } }, { $set: { expireAt } }));
        continue;
      }
      await storeCall(() => uploads.deleteOne({ _id: { $eq: _id } }));
      await this.#files.remove([ref]);
      removed += 1;
    }
    return removed;
  }

  /** Files whose writer died: their chunks are there, their description is not. */
  async #openFiles(now: Date, limit: number): Promise<number> {
    const { openFiles } = this.#collections;
    const due = await storeCall(() => openFiles.find({ sweepAt: { $lte: now } }, { limit }).toArray());
    const complete = new Set(await this.#storedFiles(due.map(({ _id }) => _id)));
    const broken = due.map(({ _id }) => _id).filter((id) => !complete.has(id));
    await this.#files.remove(broken);
    await storeCall(() => openFiles.deleteMany({ _id: { $in: due.map(({ _id }) => _id) } }));
    return broken.length;
  }

  async #storedFiles(ids: readonly string[]): Promise<readonly string[]> {
    const files = this.#db.collection<{ _id: string }>(`${FILE_BUCKET}.files`);
    const found = await storeCall(() => files.find({ _id: { $in: ids as string[] } }, { projection: { _id: 1 } }).toArray());
    return found.map(({ _id }) => _id);
  }

  /** Complete files that neither an output nor an upload names: their writer died before it could. */
  async #unusedFiles(now: Date, limit: number): Promise<number> {
    const files = this.#db.collection<{ _id: string; metadata: { sweepAt: Date } }>(`${FILE_BUCKET}.files`);
    const options = { sort: { 'metadata.sweepAt': 1 }, limit, projection: { _id: 1 } } as const;
    const due = (await storeCall(() => files.find({ 'metadata.sweepAt': { $lte: now } }, options).toArray())).map(({ _id }) => _id);
    if (due.length === 0) return 0;
    const { outputs, uploads } = this.#collections;
    const [byOutput, byUpload] = await Promise.all([
      storeCall(() => outputs.distinct('files.ref', { 'files.ref': { $in: due } })),
      storeCall(() => uploads.distinct('ref', { ref: { $in: due } })),
    ]);
    const used = new Set<string>([...(byOutput as string[]), ...byUpload]);
    const unused = due.filter((id) => !used.has(id));
    await this.#files.remove(unused);
    const sweepAt = new Date(now.getTime() + LOOK_AGAIN_MS);
    const kept = due.filter((id) => used.has(id));
    await storeCall(() => files.updateMany({ _id: { $in: kept } }, { $set: { 'metadata.sweepAt': sweepAt } }));
    return unused.length;
  }
}

/** True while the claim is committed, or may still be. */
function isInUse({ claim }: OutputDocument, job: Holder | undefined): boolean {
  if (!job || (!job.active && job.removed?.outputs)) return false;
  return job.claim === claim || keptResults(job).some((result) => result.claim === claim);
}
