import { COLLECTIONS } from '../collections.ts';
import type { Migration } from '../migration.ts';
import { JOB_RULES } from './job-rules.ts';

/** Lane `overflow`, which the rules of jobs have to know; jobs that wait for a place of a limit, and who has these places. */
export const limits: Migration = {
  version: 13,
  name: 'limits',
  async up(db) {
    await db.command({ collMod: COLLECTIONS.jobs, validator: JOB_RULES });
    const jobs = db.collection(COLLECTIONS.jobs);
    const isOverflow = { partialFilterExpression: { lane: { $eq: 'overflow' }, state: { $eq: 'QUEUED' } } };
    await jobs.createIndex({ tenant: 1, askedLane: 1 }, { name: 'overflow_tenants', ...isOverflow });
    const isWaiting = { partialFilterExpression: { 'pub.for': { $exists: true } } };
    await jobs.createIndex({ 'pub.for': 1, _id: 1 }, { name: 'waiting_turns', ...isWaiting });
    await db.collection(COLLECTIONS.limitPlaces).createIndex({ expireAt: 1 }, { name: 'retention', expireAfterSeconds: 0 });
  },
};
