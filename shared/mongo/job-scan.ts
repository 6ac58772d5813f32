import type { Collection, Document } from 'mongodb';
import type { ScannedJob } from '../ports/job-store.ts';
import type { Collections } from './collections.ts';
import { type JobDocument, recordOf } from './job-document.ts';
import { storeCall } from './store-errors.ts';

/** fsck is in no hurry, but one page must not hold the server for ever. */
const PAGE_MAX_MS = 10_000;
/** Only where the unique index is gone: then the whole collection is grouped, on disk. */
const DOUBLES_MAX_MS = 120_000;
const MAJORITY = { readConcern: { level: 'majority' } } as const;

type Scanned = JobDocument & { readonly hasPayload: boolean };

/** All but the payload, of which only whether it is there: it may be long. */
const SHAPE: readonly Document[] = [{ $set: { hasPayload: { $eq: [{ $type: '$payload' }, 'string'] } } }, { $unset: 'payload' }];

/** The next page of all jobs, by id. */
export async function scanJobs(collections: Collections, limit: number, after: string | undefined): Promise<readonly ScannedJob[]> {
  const place = after === undefined ? [] : [{ $match: { _id: { $gt: after } } }];
  return scanned(collections, [...place, { $sort: { _id: 1 } }, { $limit: limit }]);
}

/** The same for some ids. */
export async function inspectJobs(collections: Collections, ids: readonly string[]): Promise<readonly ScannedJob[]> {
  return ids.length === 0 ? [] : scanned(collections, [{ $match: { _id: { $in: ids } } }]);
}

async function scanned({ jobs, payloads }: Collections, select: readonly Document[]): Promise<readonly ScannedJob[]> {
  const options = { ...MAJORITY, maxTimeMS: PAGE_MAX_MS, hint: { _id: 1 } };
  const found = await storeCall(() => jobs.aggregate<Scanned>([...select, ...SHAPE], options).toArray());
  const apart = found.filter(({ hasPayload }) => !hasPayload).map(({ _id }) => _id);
  const filter = { _id: { $in: apart } };
  const long = apart.length === 0 ? [] : await storeCall(() => payloads.find(filter, { ...MAJORITY, projection: { _id: 1 } }).toArray());
  const stored = new Set(long.map(({ _id }) => _id));
  return found.map(({ hasPayload, ...document }) => ({ record: recordOf(document), hasPayload: hasPayload || stored.has(document._id) }));
}

/** Ids of jobs that share a key. The unique index makes it impossible: only where that is gone there is something to look for. */
export async function findDoubledKeys(jobs: Collection<JobDocument>, limit: number): Promise<readonly (readonly string[])[]> {
  const indexes = await storeCall(() => jobs.indexes());
  if (indexes.some(({ name, unique }) => name === 'idempotency' && unique === true)) return [];
  const pipeline = [
    { $match: { idemKey: { $type: 'string' } } },
    { $group: { _id: { tenant: '$tenant', idemKey: '$idemKey' }, count: { $sum: 1 }, ids: { $firstN: { input: '$_id', n: 5 } } } },
    { $match: { count: { $gt: 1 } } },
    { $limit: limit },
  ];
  const options = { ...MAJORITY, allowDiskUse: true, maxTimeMS: DOUBLES_MAX_MS };
  const found = await storeCall(() => jobs.aggregate<{ ids: string[] }>(pipeline, options).toArray());
  return found.map(({ ids }) => ids);
}
