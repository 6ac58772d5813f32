import { COLLECTIONS } from '../collections.ts';
import type { Migration } from '../migration.ts';
import { JOB_RULES } from './job-rules.ts';

/** What is checked at each write of a job, as query operators in place of a JSON schema. */
export const rulesForJobs: Migration = {
  version: 4,
  name: 'rules for jobs',
  async up(db) {
    await db.command({ collMod: COLLECTIONS.jobs, validator: JOB_RULES });
  },
};
