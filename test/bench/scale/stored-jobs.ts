import { createHash } from 'node:crypto';
import type { Collection } from 'mongodb';
import { v7 } from 'uuid';
import type { JobDocument } from '../../../shared/mongo/job-document.ts';

const DAY_MS = 86_400_000;
/** When the stored jobs were made: from 20 days to an hour ago. They are kept for 30. */
const OLDEST_MS = 20 * DAY_MS;
const YOUNGEST_MS = DAY_MS / 24;
const MOST_TEMPLATES = 1_000;
const BATCH = 2_000;

/** The same value with every moment in it so much earlier. */
function earlier<T>(value: T, byMs: number): T {
  if (value instanceof Date) return new Date(value.getTime() - byMs) as T;
  if (Array.isArray(value)) return value.map((one) => earlier(one, byMs)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, earlier(one, byMs)])) as T;
}

/** A finished job as it would be, had it been submitted at another moment under another key: only ids and moments differ. */
export function copyOf(template: JobDocument, createdAt: Date): JobDocument {
  const _id = v7({ msecs: createdAt.getTime() });
  const reqHash = createHash('sha256').update(_id).digest('hex');
  const moved = earlier(template, template.createdAt.getTime() - createdAt.getTime());
  return { ...moved, _id, idemKey: `key-of-${_id}`, reqHash };
}

/**
 * Stores finished jobs beside those that have just run: copies of their records, spread evenly over the last days, oldest first, as
 * they would have come. Every index that a finished job is in has an entry for each.
 * @throws Error when no job has run yet
 */
export async function storeCopies(jobs: Collection<JobDocument>, count: number): Promise<void> {
  const templates = await jobs.find({ state: 'COMPLETED' }).limit(MOST_TEMPLATES).toArray();
  if (templates.length === 0) throw new Error('There is no finished job to be copied.');
  const nowMs = Date.now();
  const momentOf = (n: number) => new Date(nowMs - OLDEST_MS + Math.floor(((OLDEST_MS - YOUNGEST_MS) * n) / count));
  for (let from = 0; from < count; from += BATCH) {
    const copies = Array.from({ length: Math.min(BATCH, count - from) }, (_, index) =>
      copyOf(templates[(from + index) % templates.length]!, momentOf(from + index)),
    );
    await jobs.insertMany(copies, { ordered: false });
  }
}
