import type { Collection } from 'mongodb';
import type { QueueReport } from '../domain/watermark.ts';
import type { QueueNote } from '../ports/job-store.ts';
import { LAZY, type QueueReportDocument } from './collections.ts';

/** Writes reports in place of the consumers' last ones; times by the server's clock. */
export async function writeQueueReports(reports: Collection<QueueReportDocument>, notes: readonly QueueNote[]): Promise<void> {
  if (notes.length === 0) return;
  const writes = notes.map(({ queue, consumer, newest, oldestHeldAt }) => {
    const whole = {
      queue: { $literal: queue },
      consumer: { $literal: consumer },
      at: '$$NOW',
      ...(newest && { newest: { publishedAt: newest.publishedAt, seenAt: { $subtract: ['$$NOW', Math.round(newest.ageMs)] } } }),
      ...(oldestHeldAt && { oldestHeldAt }),
    };
    const _id = `${queue}|${consumer}`;
    return { updateOne: { filter: { _id: { $eq: _id } }, update: [{ $replaceWith: { _id: { $literal: _id }, ...whole } }], upsert: true } };
  });
  await reports.bulkWrite(writes, { ordered: false, writeConcern: LAZY });
}

/** Reads all of them: as many as there were consumers of queues within the hour. */
export async function readQueueReports(reports: Collection<QueueReportDocument>): Promise<readonly QueueReport[]> {
  return reports.find({}, { projection: { _id: 0 } }).toArray();
}
