import type { Collection } from 'mongodb';
import { TERMINAL_STATES } from '../domain/job.ts';
import type { DueEvents, OwedEvent } from '../ports/job-store.ts';
import { inOneAnswer } from './in-one-answer.ts';
import type { JobDocument } from './job-document.ts';
import { storeCall } from './store-errors.ts';

/** What an event tells of a job, and no more: a record is much longer. */
export const TOLD = { tenant: 1, type: 1, state: 1, evt: 1, createdAt: 1, doneAt: 1, expireAt: 1, err: 1, callback: 1 } as const;
/** Marks and takes are w:1: what a majority shows may still owe an event that this node knows to be taken. */
const SEQ = { 'evt.seq': 1 } as const;

/** Events owed by `now`: found on this node by their index, told as a majority has them. */
export async function findDueEvents(jobs: Collection<JobDocument>, now: Date, limit: number, maxTimeMS: number): Promise<DueEvents> {
  const find = { projection: SEQ, sort: { 'evt.due': 1 }, limit, ...inOneAnswer(limit), maxTimeMS } as const;
  const found = await storeCall(() => jobs.find({ 'evt.due': { $lte: now } }, find).toArray());
  if (found.length === 0) return { events: [], isMore: false };
  const seqs = new Map(found.map(({ _id, evt }) => [_id, evt?.seq]));
  const read = { projection: TOLD, readConcern: { level: 'majority' }, ...inOneAnswer(limit), maxTimeMS } as const;
  const durable = await storeCall(() => jobs.find({ _id: { $in: [...seqs.keys()] } }, read).toArray());
  const events = durable.flatMap(({ _id: id, evt, ...told }): OwedEvent[] =>
    evt && TERMINAL_STATES.includes(told.state) && evt.seq === seqs.get(id) ? [{ id, seq: evt.seq, ...told }] : [],
  );
  return { events, isMore: found.length === limit && events.length > 0 };
}
