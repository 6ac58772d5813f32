import type { WriteError } from 'mongodb';
import { StoreUnavailableError } from '../domain/failures.ts';
import type { InsertOutcome, NewJob } from '../ports/job-store.ts';
import { insertErrors, insertMissing, isDuplicateKey, refusalOf } from './bulk-insert.ts';
import { DURABLE } from './collections.ts';
import { isLongPayload, newJobDocument, payloadText } from './job-document.ts';
import { durableTwins, type InsertDeps, type Twins } from './job-twins.ts';

/** A payload whose job was not inserted is swept after this long. */
const PAYLOAD_SWEEP_MS = 3_600_000;

/** T1 for many: one insertMany, unordered; answers per item from its write errors (docs/protocol.md, Batches). */
export async function insertJobs(deps: InsertDeps, jobs: readonly NewJob[], now: Date): Promise<readonly InsertOutcome[]> {
  const texts = jobs.map((job) => payloadText(job.payload));
  await insertLongPayloads(deps, jobs, texts, now);
  const documents = jobs.map((job, index) => newJobDocument(job, now, isLongPayload(texts[index]!) ? undefined : texts[index]!));
  const errors = await insertErrors((within) =>
    deps.collections.jobs.insertMany(documents, { ordered: false, writeConcern: DURABLE, ...within }),
  );
  const taken = [...errors].flatMap(([index, error]) => (isDuplicateKey(error) ? [jobs[index]!] : []));
  const twins = await durableTwins(deps, taken);
  return jobs.map((job, index): InsertOutcome => {
    const error = errors.get(index);
    return error ? failedInsert(job, error, twins) : { kind: 'inserted', createdAt: now };
  });
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
  await insertMissing(collections.payloads, long, 'The job', { writeConcern: DURABLE });
}

function failedInsert(job: NewJob, error: WriteError, { found, unreadable }: Twins): InsertOutcome {
  if (!isDuplicateKey(error)) return { kind: 'failed', error: refusalOf('The job', error) };
  const record = found.get(job);
  if (record) return { kind: 'exists', same: record.reqHash === job.reqHash, record };
  return { kind: 'failed', error: unreadable ?? new StoreUnavailableError('An earlier request with this key is not decided yet.') };
}
