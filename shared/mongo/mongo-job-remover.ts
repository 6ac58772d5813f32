import type { Collection, Db } from 'mongodb';
import { TERMINAL_STATES } from '../domain/job.ts';
import type { JobRemover } from '../ports/job-remover.ts';
import { COLLECTIONS, type Collections, collectionsOf, DURABLE } from './collections.ts';
import type { EditDocument } from './mongo-job-edits.ts';
import { storeCall } from './store-errors.ts';

/** Removes jobs from collection `jobs`. */
export class MongoJobRemover implements JobRemover {
  readonly #collections: Collections;
  readonly #edits: Collection<EditDocument>;

  constructor({ db }: { readonly db: Db }) {
    this.#collections = collectionsOf(db);
    this.#edits = db.collection(COLLECTIONS.jobEdits, { writeConcern: DURABLE });
  }

  async remove(id: string, gen: number): Promise<boolean> {
    const { jobs, payloads } = this.#collections;
    const ended = { _id: { $eq: id }, gen: { $eq: gen }, state: { $in: [...TERMINAL_STATES] }, 'evt.due': { $exists: false } };
    const options = { writeConcern: DURABLE, hint: { _id: 1 } } as const;
    const { deletedCount } = await storeCall(() => jobs.deleteOne(ended, options));
    if (deletedCount === 0) return false;
    // Should this not come to pass, the sweep finds a payload without a job.
    await storeCall(() => payloads.deleteOne({ _id: { $eq: id } }));
    await storeCall(() => this.#edits.deleteMany({ jobId: { $eq: id } }));
    return true;
  }
}
