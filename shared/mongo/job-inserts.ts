import { MongoBulkWriteError, type WriteError } from 'mongodb';
import { StoreUnavailableError } from '../domain/failures.ts';
import type { JobRecord } from '../domain/job.ts';
import type { Clock } from '../ports/clock.ts';
import type { InsertOutcome, NewJob } from '../ports/job-store.ts';
import { type Collections, DURABLE } from './collections.ts';
import { isLongPayload, newJobDocument, payloadText, recordOf, WITHOUT_PAYLOAD } from './job-document.ts';
import { isPassingCode, storeCall, toStoreError } from './store-errors.ts';

const DUPLICATE_KEY = 11_000;
/** The winner of a race may not be durable yet when the loser reads: it looks again this often, for so long. */
const LOOK_AGAIN_MS = 50;
const LOOK_FOR_MS = 5_000;
/** A payload whose job was not inserted is swept after this long. */
const PAYLOAD_SWEEP_MS = 3_600_000;

export interface InsertDeps {
  readonly collections: Collections;
  readonly clock: Clock;
}

/** T1 for many: one insertMany, unordered; answers per item from its write errors (docs/protocol.md, Batches). */
export async function insertJobs(deps: InsertDeps, jobs: readonly NewJob[], now: Date): Promise<readonly InsertOutcome[]> {
  const texts = jobs.map((job) => payloadText(job.payload));
  await insertLongPayloads(deps, jobs, texts, now);
  const documents = jobs.map((job, index) => newJobDocument(job, now, isLongPayload(texts[index]!) ? undefined : texts[index]!));
  const errors = await writeErrors(() => deps.collections.jobs.insertMany(documents, { ordered: false, writeConcern: DURABLE }));
  return Promise.all(
    jobs.map((job, index): InsertOutcome | Promise<InsertOutcome> => {
      const error = errors.get(index);
      return error ? failedInsert(deps, job, error) : { kind: 'inserted', createdAt: now };
    }),
  );
}

/** Before the jobs: a job whose payload is missing must never be seen. */
async function insertLongPayloads(
  { collections }: InsertDeps,
  jobs: readonly NewJob[],
  texts: readonly string[],
  now: Date,
): Promise<void> {
  const sweepAt = new Date(now.getTime() + PAYLOAD_SWEEP_MS);
  const long = jobs.flatMap(({ id }, index) => (isLongPayload(texts[index]!) ? [{ _id: id, payload: texts[index]!, sweepAt }] : []));
  if (long.length === 0) return;
  const errors = await writeErrors(() => collections.payloads.insertMany(long, { ordered: false, writeConcern: DURABLE }));
  // A repeat of the same submission has stored it already.
  for (const error of errors.values()) if (error.code !== DUPLICATE_KEY) throw refusalOf(error);
}

/** Errors by position. @throws StoreUnavailableError when it is not known what became of the whole. */
async function writeErrors(insert: () => Promise<unknown>): Promise<ReadonlyMap<number, WriteError>> {
  try {
    await insert();
    return new Map();
  } catch (error) {
    if (!(error instanceof MongoBulkWriteError) || error.result?.getWriteConcernError()) throw toStoreError(error);
    const list = Array.isArray(error.writeErrors) ? error.writeErrors : [error.writeErrors];
    if (list.length === 0) throw toStoreError(error);
    return new Map(list.map((one) => [one.index, one]));
  }
}

/** A server that is stopping interrupts single items. */
function refusalOf({ code, errmsg }: WriteError): Error {
  const why = `The job was not stored: ${errmsg ?? code}`;
  return isPassingCode(code) ? new StoreUnavailableError(why) : new Error(why);
}

async function failedInsert(deps: InsertDeps, job: NewJob, error: WriteError): Promise<InsertOutcome> {
  if (error.code !== DUPLICATE_KEY) return { kind: 'failed', error: refusalOf(error) };
  try {
    const record = await durableTwin(deps, job);
    if (record) return { kind: 'exists', same: record.reqHash === job.reqHash, record };
    return { kind: 'failed', error: new StoreUnavailableError('An earlier request with this key is not decided yet.') };
  } catch (unreadable) {
    if (unreadable instanceof StoreUnavailableError) return { kind: 'failed', error: unreadable };
    throw unreadable;
  }
}

/** The record that took the id or the key, once no fail-over can take it back: an answer of 202 rests on it. */
async function durableTwin({ collections, clock }: InsertDeps, job: NewJob): Promise<JobRecord | undefined> {
  const byId = { _id: { $eq: job.id } };
  const byKey = job.idemKey === undefined ? [] : [{ tenant: { $eq: job.tenant }, idemKey: { $eq: job.idemKey } }];
  const options = { projection: WITHOUT_PAYLOAD, readConcern: { level: 'majority' } } as const;
  for (const untilMs = clock.monotonicMs() + LOOK_FOR_MS; ; ) {
    const found = await storeCall(() => collections.jobs.findOne({ $or: [byId, ...byKey] }, options));
    if (found) return recordOf(found);
    if (clock.monotonicMs() > untilMs) return undefined;
    await clock.sleep(LOOK_AGAIN_MS);
  }
}
