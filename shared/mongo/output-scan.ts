import type { Db } from 'mongodb';
import type { ScannedOutput } from '../ports/output-store.ts';
import { type Collections, FILE_BUCKET } from './collections.ts';
import { isInlineRef } from './grid-files.ts';
import { storeCall } from './store-errors.ts';

const PAGE_MAX_MS = 10_000;

interface FileDocument {
  readonly _id: string;
  readonly length: number;
  readonly chunkSize: number;
}

/** The next page of all outputs, by id. */
export async function scanOutputs({ outputs }: Collections, limit: number, after: string | undefined): Promise<readonly ScannedOutput[]> {
  const projection = { jobId: 1, stage: 1, claim: 1, sweepAt: 1 } as const;
  const options = { projection, sort: { _id: 1 }, limit, maxTimeMS: PAGE_MAX_MS } as const;
  const found = await storeCall(() => outputs.find(after === undefined ? {} : { _id: { $gt: after } }, options).toArray());
  return found.map(({ _id, jobId, stage, claim, sweepAt }) => ({ cursor: _id, jobId, stage, claim, sweepAt }));
}

/** Refs whose description is gone, or that have fewer chunks than their length needs. */
export async function findMissingFiles(db: Db, refs: readonly string[]): Promise<readonly string[]> {
  const ids = [...new Set(refs.filter((ref) => !isInlineRef(ref)))];
  if (ids.length === 0) return [];
  const options = { projection: { length: 1, chunkSize: 1 }, maxTimeMS: PAGE_MAX_MS } as const;
  const files = db.collection<FileDocument>(`${FILE_BUCKET}.files`);
  const described = await storeCall(() => files.find({ _id: { $in: ids } }, options).toArray());
  // Answered by the keys of the index on (files_id, n) alone: no chunk is read.
  const counting = [
    { $match: { files_id: { $in: ids } } },
    { $project: { _id: 0, files_id: 1, n: 1 } },
    { $group: { _id: '$files_id', count: { $sum: 1 } } },
  ];
  const chunks = db.collection(`${FILE_BUCKET}.chunks`);
  const rows = await storeCall(() => chunks.aggregate<{ _id: string; count: number }>(counting, { maxTimeMS: PAGE_MAX_MS }).toArray());
  const counts = new Map(rows.map(({ _id, count }) => [_id, count]));
  const whole = described.filter(({ _id, length, chunkSize }) => (counts.get(_id) ?? 0) >= Math.ceil(length / chunkSize));
  const wholeIds = new Set(whole.map(({ _id }) => _id));
  return ids.filter((id) => !wholeIds.has(id));
}
