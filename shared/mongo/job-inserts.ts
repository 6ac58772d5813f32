import type { WriteError } from 'mongodb';
import { StoreUnavailableError } from '../domain/failures.ts';
import type { JobRecord } from '../domain/job.ts';
import type { Clock } from '../ports/clock.ts';
import type { InsertOutcome, NewJob } from '../ports/job-store.ts';
import { insertErrors, isDuplicateKey, refusalOf } from './bulk-insert.ts';
import { type Collections, DURABLE } from './collections.ts';
import { isLongPayload, newJobDocument, payloadText, recordOf, WITHOUT_PAYLOAD } from './job-document.ts';
import { storeCall } from './store-errors.ts';

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
  const errors = await insertErrors(() => deps.collections.jobs.insertMany(documents, { ordered: false, writeConcern: DURABLE }));
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
  const errors = await insertErrors(() => collections.payloads.insertMany(long, { ordered: false, writeConcern: DURABLE }));
  // A repeat of the same submission has stored it already.
  for (const error of errors.values()) if (!isDuplicateKey(error)) throw refusalOf('The job', error);
}

async function failedInsert(deps: InsertDeps, job: NewJob, error: WriteError): Promise<InsertOutcome> {
  if (!isDuplicateKey(error)) return { kind: 'failed', error: refusalOf('The job', error) };
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
