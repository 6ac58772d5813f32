import type { Collection, Db } from 'mongodb';
import type { JobPayload } from '../domain/job.ts';
import type { PatchOperation } from '../domain/json-patch/patch-operation.ts';
import type { JobEdit, JobEdits } from '../ports/job-edits.ts';
import { COLLECTIONS, DURABLE } from './collections.ts';
import { payloadOf, payloadText } from './job-document.ts';
import { storeCall } from './store-errors.ts';

/** An edit as stored: payload and patch as JSON text, their keys mean nothing. */
export interface EditDocument extends Omit<JobEdit, 'id' | 'patch' | 'original'> {
  readonly _id: string;
  readonly patch: string;
  readonly original: string;
  /** When the sweep has to look whether its job is still there. */
  readonly sweepAt: Date;
}

const SHOWN = 100;
const DAY_MS = 86_400_000;

/** Edits in collection `job_edits`. Times are the server's. */
export class MongoJobEdits implements JobEdits {
  readonly #edits: Collection<EditDocument>;

  constructor({ db }: { readonly db: Db }) {
    this.#edits = db.collection(COLLECTIONS.jobEdits, { writeConcern: DURABLE });
  }

  async put({ id, patch, original, ...edit }: Parameters<JobEdits['put']>[0]): Promise<void> {
    const fields = { ...edit, patch: JSON.stringify(patch), original: payloadText(original) };
    const literal = Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, { $literal: value }]));
    const set = { ...literal, at: '$$NOW', sweepAt: { $add: ['$$NOW', DAY_MS] } };
    await storeCall(() => this.#edits.updateOne({ _id: { $eq: id } }, [{ $set: set }], { upsert: true }));
  }

  async applied(id: string): Promise<void> {
    await storeCall(() => this.#edits.updateOne({ _id: { $eq: id } }, { $set: { isApplied: true } }));
  }

  async forget(id: string): Promise<void> {
    await storeCall(() => this.#edits.deleteOne({ _id: { $eq: id } }));
  }

  async ofJob(jobId: string): Promise<readonly JobEdit[]> {
    const options = { sort: { jobId: 1, at: 1 }, limit: SHOWN } as const;
    return (await storeCall(() => this.#edits.find({ jobId: { $eq: jobId } }, options).toArray())).map(editOf);
  }
}

function editOf({ _id, patch, original, sweepAt: _, ...edit }: EditDocument): JobEdit {
  return { id: _id, ...edit, patch: JSON.parse(patch) as PatchOperation[], original: payloadOf(original) as JobPayload };
}
