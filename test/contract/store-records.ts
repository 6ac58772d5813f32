import type { JobRecord } from '../../shared/domain/job.ts';
import { systemClock } from '../../shared/runtime/system-clock.ts';

export const PAST = new Date('2020-01-01T00:00:00.000Z');
/** Far enough that no retention removes it during a test. */
export const FUTURE = new Date('2100-01-01T00:00:00.000Z');

/** The same without its fields that are undefined, as a store has it. */
export function storedRecord(more: Partial<JobRecord> = {}): JobRecord {
  return Object.fromEntries(Object.entries(someRecord(more)).filter(([, value]) => value !== undefined)) as unknown as JobRecord;
}

/** A job in the middle of its life, queued, unless told otherwise. */
export function someRecord(more: Partial<JobRecord> = {}): JobRecord {
  return {
    id: systemClock.uuid(),
    tenant: 't',
    reqHash: 'hash',
    type: 'job',
    pipelineVersion: 1,
    lane: 'standard',
    state: 'QUEUED',
    stage: 1,
    run: 2,
    gen: 7,
    epoch: 4,
    attempt: 2,
    crashes: 1,
    results: [{ stage: 0, run: 2, epoch: 3, claim: 'earlier', startedAt: PAST, at: PAST }],
    log: [{ at: PAST, event: 'retry', stage: 1, attempt: 1, run: 2, claim: 'earlier', code: 'x' }],
    evt: { seq: 3 },
    active: true,
    createdAt: PAST,
    schemaVersion: 1,
    ...more,
  };
}

const STEP_MS = 5_000;
const NEAR_MS = 40 * 86_400_000;

/** A copy in which moments near now are written as `now+15s`, to the next 5 s, so that two stores can be compared. */
export function timeless<T>(value: T, now = Date.now()): unknown {
  if (value instanceof Date) {
    const distanceMs = value.getTime() - now;
    return Math.abs(distanceMs) > NEAR_MS ? value.toISOString() : `now+${(Math.round(distanceMs / STEP_MS) * STEP_MS) / 1_000}s`;
  }
  if (Array.isArray(value)) return value.map((one) => timeless(one, now));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, timeless(one, now)]));
}
