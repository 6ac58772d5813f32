import { type Collection, MongoClient } from 'mongodb';
import { databaseName } from '../../../shared/mongo/database-name.ts';
import type { JobDocument } from '../../../shared/mongo/job-document.ts';
import { eventNotesOf } from '../../support/event-notes-of.ts';

/** The jobs of a measurement as the database has them. */
export class ScaleDatabase {
  readonly jobs: Collection<JobDocument>;
  readonly #client: MongoClient;

  private constructor(client: MongoClient, database: string) {
    this.#client = client;
    this.jobs = client.db(database).collection('jobs');
  }

  static async open(mongodbUrl: string): Promise<ScaleDatabase> {
    return new ScaleDatabase(await new MongoClient(mongodbUrl).connect(), databaseName(mongodbUrl));
  }

  /** Has everything written to the data files: a measurement neither pays for what was before it, nor leaves its own pages to be paid later. */
  async checkpoint(): Promise<void> {
    await this.#client.db('admin').command({ fsync: 1 });
  }

  countQueued(): Promise<number> {
    return this.jobs.countDocuments({ state: 'QUEUED' });
  }

  /** Whether all doorbells are rung and marked. */
  async isAllRung(): Promise<boolean> {
    return (await this.jobs.countDocuments({ 'pub.due': { $exists: true } }, { limit: 1 })) === 0;
  }

  /** Whether all events are published, and no record and no note owes one. */
  async isAllTold(): Promise<boolean> {
    const owing = await this.jobs.countDocuments({ 'evt.due': { $exists: true } }, { limit: 1 });
    return owing === 0 && (await eventNotesOf(this.jobs).countDocuments({}, { limit: 1 })) === 0;
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}
