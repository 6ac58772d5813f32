import type { WithoutId } from 'mongodb';
import { type JobPayload, type JobRecord, SCHEMA_VERSION, type WorkedJob } from '../domain/job.ts';
import { OWED_AFTER_MS } from '../domain/transitions.ts';
import type { NewJob } from '../ports/job-store.ts';

/** Payloads up to this many bytes of JSON live in the job's own document: longer ones would be rewritten with every update. */
const INLINE_PAYLOAD_BYTES = 4_096;

/** A job as stored in collection `jobs`. */
export interface JobDocument extends Omit<JobRecord, 'id'> {
  readonly _id: string;
  /** JSON of `{input, options}`: as text, keys such as `$where` or `a.b` mean nothing. Absent: see collection `payloads`. */
  readonly payload?: string;
}

/** A long payload, in collection `payloads`. */
export interface PayloadDocument {
  /** The job's id. */
  readonly _id: string;
  readonly payload: string;
  readonly sweepAt: Date;
}

/** Leaves the payload out of what is read. */
export const WITHOUT_PAYLOAD = { payload: 0 } as const;

/** What workers need, named: the server copies fields that are asked for, and computes a document without fields that are not. */
export const AS_WORKED: Readonly<Record<Exclude<keyof WorkedJob, 'id'> | 'payload', 1>> = {
  tenant: 1,
  type: 1,
  pipelineVersion: 1,
  lane: 1,
  askedLane: 1,
  state: 1,
  stage: 1,
  run: 1,
  gen: 1,
  epoch: 1,
  claim: 1,
  owner: 1,
  lease: 1,
  startedAt: 1,
  attempt: 1,
  maxAttempts: 1,
  crashes: 1,
  results: 1,
  err: 1,
  former: 1,
  evt: 1,
  deadlineAt: 1,
  runAt: 1,
  progress: 1,
  createdAt: 1,
  doneAt: 1,
  expireAt: 1,
  removed: 1,
  schemaVersion: 1,
  uploadId: 1,
  concurrency: 1,
  callback: 1,
  offPeak: 1,
  payload: 1,
};

/** The record of a document. */
export function recordOf({ _id, payload: _, ...rest }: JobDocument | (WithoutId<JobDocument> & { _id: string })): JobRecord {
  // Not spread into another object: one copy of a record is enough.
  const record: Omit<JobRecord, 'id'> & { id?: string } = rest;
  record.id = _id;
  return record as JobRecord;
}

/** Text of a payload. */
export function payloadText({ input, options }: JobPayload): string {
  return JSON.stringify({ input, options });
}

/** The payload of its text. */
export function payloadOf(text: string): JobPayload {
  const { input, options } = JSON.parse(text) as Partial<JobPayload>;
  return { input, options };
}

/** True for a payload that has to be stored apart. */
export function isLongPayload(text: string): boolean {
  return text.length > INLINE_PAYLOAD_BYTES / 4 && Buffer.byteLength(text) > INLINE_PAYLOAD_BYTES;
}

/** T1: the document of a new job. @param payload its text, undefined when it is stored apart. */
export function newJobDocument(job: NewJob, now: Date, payload: string | undefined): JobDocument {
  const { id, token, payload: _, ...fields } = job;
  return {
    _id: id,
    ...fields,
    state: job.runAt ? 'SCHEDULED' : 'QUEUED',
    stage: 0,
    run: 0,
    gen: 1,
    epoch: 0,
    attempt: 0,
    crashes: 0,
    pub: { due: job.runAt ?? new Date(now.getTime() + OWED_AFTER_MS), by: token },
    results: [],
    log: [],
    active: true,
    createdAt: now,
    schemaVersion: SCHEMA_VERSION,
    ...(payload !== undefined && { payload }),
  };
}
