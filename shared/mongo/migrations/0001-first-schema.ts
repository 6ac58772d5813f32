import type { CreateIndexesOptions, Db, Document, IndexSpecification } from 'mongodb';
import { COLLECTIONS, FILE_BUCKET } from '../collections.ts';
import type { Migration } from '../migration.ts';
import { JOB_VALIDATOR } from './job-validator.ts';

interface Index {
  readonly keys: IndexSpecification;
  readonly options: CreateIndexesOptions & { readonly name: string };
}

const exists = (path: string) => ({ [path]: { $exists: true } });
const isActive = { active: { $eq: true } };
const hasState = (state: string) => ({ state: { $eq: state } });

/** Only what is open is indexed: an index on `state` of all jobs costs as much as the write (docs/performance). */
const JOB_INDEXES: readonly Index[] = [
  {
    keys: { tenant: 1, idemKey: 1 },
    options: { name: 'idempotency', unique: true, partialFilterExpression: { idemKey: { $type: 'string' } } },
  },
  { keys: { 'pub.due': 1 }, options: { name: 'bells_owed', partialFilterExpression: exists('pub.due') } },
  { keys: { 'evt.due': 1 }, options: { name: 'events_owed', partialFilterExpression: exists('evt.due') } },
  { keys: { 'lease.until': 1 }, options: { name: 'leases', partialFilterExpression: hasState('RUNNING') } },
  { keys: { deadlineAt: 1 }, options: { name: 'deadlines', partialFilterExpression: { ...isActive, ...exists('deadlineAt') } } },
  {
    // `state` is always QUEUED here: with it the backlog is counted from the keys alone.
    keys: { state: 1, stage: 1, lane: 1, 'pub.at': 1 },
    options: { name: 'queued', partialFilterExpression: hasState('QUEUED') },
  },
  { keys: { state: 1, stage: 1, lane: 1, doneAt: 1 }, options: { name: 'failed', partialFilterExpression: hasState('FAILED') } },
  { keys: { createdAt: -1, _id: -1 }, options: { name: 'failed_list', partialFilterExpression: hasState('FAILED') } },
  { keys: { tenant: 1, createdAt: -1, _id: -1 }, options: { name: 'list' } },
  { keys: { uploadId: 1 }, options: { name: 'uploads_in_use', partialFilterExpression: { ...isActive, ...exists('uploadId') } } },
  { keys: { expireAt: 1 }, options: { name: 'retention', expireAfterSeconds: 0 } },
];

const OTHER_INDEXES: readonly (Index & { readonly collection: string })[] = [
  { collection: COLLECTIONS.payloads, keys: { sweepAt: 1 }, options: { name: 'sweep' } },
  { collection: COLLECTIONS.outputs, keys: { sweepAt: 1 }, options: { name: 'sweep' } },
  { collection: COLLECTIONS.outputs, keys: { 'files.ref': 1 }, options: { name: 'files' } },
  { collection: COLLECTIONS.uploads, keys: { expireAt: 1 }, options: { name: 'sweep' } },
  { collection: COLLECTIONS.uploads, keys: { ref: 1 }, options: { name: 'file' } },
  { collection: COLLECTIONS.openFiles, keys: { sweepAt: 1 }, options: { name: 'sweep' } },
  { collection: `${FILE_BUCKET}.files`, keys: { 'metadata.sweepAt': 1 }, options: { name: 'sweep' } },
  // What the driver would create at the first file.
  { collection: `${FILE_BUCKET}.files`, keys: { filename: 1, uploadDate: 1 }, options: { name: 'filename_1_uploadDate_1' } },
  { collection: `${FILE_BUCKET}.chunks`, keys: { files_id: 1, n: 1 }, options: { name: 'files_id_1_n_1', unique: true } },
];

const NAMESPACE_EXISTS = 48;

async function createWithValidator(db: Db, name: string, validator: Document): Promise<void> {
  try {
    await db.createCollection(name, { validator });
  } catch (error) {
    if ((error as { code?: number }).code !== NAMESPACE_EXISTS) throw error;
    await db.command({ collMod: name, validator });
  }
}

/** Collections, the validator of jobs, and the protocol's indexes. */
export const firstSchema: Migration = {
  version: 1,
  name: 'first schema',
  async up(db) {
    await createWithValidator(db, COLLECTIONS.jobs, JOB_VALIDATOR);
    for (const { keys, options } of JOB_INDEXES) await db.createIndex(COLLECTIONS.jobs, keys, options);
    for (const { collection, keys, options } of OTHER_INDEXES) await db.createIndex(collection, keys, options);
  },
};
