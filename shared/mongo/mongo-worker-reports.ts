import type { Collection, Db } from 'mongodb';
import type { SeenWorker, WorkerReport } from '../domain/control/worker-report.ts';
import type { WorkerReports } from '../ports/worker-reports.ts';
import { COLLECTIONS, LAZY } from './collections.ts';
import { storeCall } from './store-errors.ts';

interface WorkerDocument extends Omit<SeenWorker, 'id'> {
  readonly _id: string;
}

/** Reports of workers in collection `workers`, which a TTL index forgets. Times are the server's. */
export class MongoWorkerReports implements WorkerReports {
  readonly #workers: Collection<WorkerDocument>;

  constructor({ db }: { readonly db: Db }) {
    this.#workers = db.collection(COLLECTIONS.workers, { writeConcern: LAZY });
  }

  async report({ id, ...report }: WorkerReport): Promise<void> {
    const whole = {
      _id: { $literal: id },
      ...Object.fromEntries(Object.entries(report).map(([name, value]) => [name, { $literal: value }])),
    };
    const change = [{ $replaceWith: { ...whole, reportedAt: '$$NOW' } }];
    await storeCall(() => this.#workers.updateOne({ _id: { $eq: id } }, change, { upsert: true }));
  }

  async remove(id: string): Promise<void> {
    await storeCall(() => this.#workers.deleteOne({ _id: { $eq: id } }));
  }

  async list(): Promise<readonly SeenWorker[]> {
    const found = await storeCall(() => this.#workers.find({}, { sort: { _id: 1 } }).toArray());
    return found.map(({ _id, ...report }) => ({ id: _id, ...report }));
  }
}
