import { randomUUID } from 'node:crypto';
import type { Document } from 'mongodb';

const OWED_AFTER_MS = 15_000;
const RETAIN_MS = 30 * 86_400_000;
const LEASE_MS = 30_000;
/** The size of a real one. */
const REQUEST_HASH = 'f'.repeat(64);

/** A job's record as Jobline stores it: the same fields, so that writes and indexes cost the same. */
export function newRecord(id: string, payload: object, lane: string): Document {
  const now = new Date();
  return {
    _id: id,
    tenant: 'default',
    type: 'bench-no-op',
    pipelineVersion: 1,
    lane,
    reqHash: REQUEST_HASH,
    state: 'QUEUED',
    stage: 0,
    run: 0,
    gen: 1,
    epoch: 0,
    attempt: 0,
    crashes: 0,
    pub: { due: new Date(now.getTime() + OWED_AFTER_MS), by: randomUUID() },
    results: [],
    log: [],
    active: true,
    createdAt: now,
    schemaVersion: 1,
    payload: JSON.stringify({ input: payload, options: {} }),
  };
}

/** A condition and an update, for `updateMany`. */
export interface Write {
  readonly filter: Document;
  readonly update: Document;
}

interface StageWrite {
  readonly ids: readonly string[];
  readonly stage: number;
  readonly claim: string;
}

const queuedAt = ({ ids, stage }: StageWrite) => ({ _id: { $in: ids }, state: 'QUEUED', stage, gen: stage + 1 });

/** T3: QUEUED → RUNNING under a claim. */
export function claimOf(write: StageWrite, owner: string): Write {
  const now = new Date();
  const held = { claim: write.claim, owner, startedAt: now, lease: { until: new Date(now.getTime() + LEASE_MS) } };
  return { filter: queuedAt(write), update: { $set: { state: 'RUNNING', ...held }, $unset: { pub: 1 }, $inc: { epoch: 1, attempt: 1 } } };
}

/** T5, fenced by the claim. */
export function commitOf(write: StageWrite, isLast: boolean): Write {
  const { ids, claim } = write;
  const update = committed(write, isLast);
  const held = { claim: 1, owner: 1, lease: 1, startedAt: 1 };
  return { filter: { _id: { $in: ids }, state: 'RUNNING', claim }, update: { ...update, $unset: { ...update['$unset'], ...held } } };
}

/** T3+5: claim and commit in one write. */
export function claimCommitOf(write: StageWrite, isLast: boolean): Write {
  const update = committed(write, isLast);
  return { filter: queuedAt(write), update: { ...update, $inc: { ...update['$inc'], epoch: 1, ...(isLast && { attempt: 1 }) } } };
}

function committed({ stage, claim }: StageWrite, isLast: boolean): Document {
  const now = new Date();
  const after = (ms: number) => new Date(now.getTime() + ms);
  const result = { stage, run: 0, epoch: stage + 1, claim, startedAt: now, at: now };
  const next = { state: 'QUEUED', attempt: 0, crashes: 0, pub: { due: after(OWED_AFTER_MS), by: randomUUID() } };
  const end = { state: 'COMPLETED', doneAt: now, expireAt: after(RETAIN_MS), evt: { seq: 1, due: now } };
  return {
    $set: isLast ? end : next,
    ...(isLast && { $unset: { active: 1, pub: 1 } }),
    $inc: isLast ? { gen: 1 } : { stage: 1, gen: 1 },
    $push: { results: result },
  };
}
