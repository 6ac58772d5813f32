import type { Collection, Db } from 'mongodb';
import type { FsckProgress, FsckReport } from '../domain/fsck-report.ts';
import type { FsckRun, FsckRuns } from '../ports/fsck-runs.ts';
import { isDuplicateKey } from './bulk-insert.ts';
import { DURABLE } from './collections.ts';
import { storeCall } from './store-errors.ts';

interface RunDocument extends Omit<FsckRun, 'id'> {
  readonly _id: string;
}

const KEPT = 50;
const OPEN = { state: { $in: ['requested', 'running'] as FsckRun['state'][] } };

/** Runs of fsck in collection `fsck_runs`: so few that they need no index. Times are the server's. */
export class MongoFsckRuns implements FsckRuns {
  readonly #runs: Collection<RunDocument>;

  constructor({ db }: { readonly db: Db }) {
    this.#runs = db.collection('fsck_runs', { writeConcern: DURABLE });
  }

  async request({ id, by, repair }: Pick<FsckRun, 'id' | 'by' | 'repair'>): Promise<boolean> {
    const fields = { by: { $literal: by }, repair, state: 'requested', tries: 0, requestedAt: '$$NOW' };
    const isNew = { _id: { $eq: id }, state: { $exists: false } };
    try {
      const { upsertedCount } = await storeCall(() => this.#runs.updateOne(isNew, [{ $set: fields }], { upsert: true }));
      await this.#forgetOld();
      return upsertedCount === 1;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }

  async open(): Promise<FsckRun | undefined> {
    const found = await storeCall(() => this.#runs.findOne(OPEN, { sort: { requestedAt: 1, _id: 1 } }));
    return found ? runOf(found) : undefined;
  }

  async begin(id: string): Promise<void> {
    const change = { $set: { state: 'running', startedAt: '$$NOW', tries: { $add: ['$tries', 1] } } };
    await storeCall(() => this.#runs.updateOne({ _id: { $eq: id }, ...OPEN }, [change]));
  }

  async note(id: string, progress: FsckProgress): Promise<void> {
    await storeCall(() => this.#runs.updateOne({ _id: { $eq: id }, state: 'running' }, { $set: { progress } }));
  }

  async giveBack(id: string): Promise<void> {
    await storeCall(() =>
      this.#runs.updateOne({ _id: { $eq: id }, state: 'running' }, { $set: { state: 'requested' }, $inc: { tries: -1 } }),
    );
  }

  async end(id: string, outcome: { readonly report: FsckReport } | { readonly error: string }): Promise<void> {
    const result = 'report' in outcome ? { report: { $literal: outcome.report } } : { error: { $literal: outcome.error } };
    const change = { $set: { state: 'report' in outcome ? 'done' : 'failed', endedAt: '$$NOW', ...result } };
    await storeCall(() => this.#runs.updateOne({ _id: { $eq: id } }, [change, { $unset: 'progress' }]));
  }

  async read(id: string): Promise<FsckRun | undefined> {
    const found = await storeCall(() => this.#runs.findOne({ _id: { $eq: id } }));
    return found ? runOf(found) : undefined;
  }

  async list(limit: number): Promise<readonly FsckRun[]> {
    const options = { sort: { requestedAt: -1, _id: -1 }, limit } as const;
    const withoutFindings = [{ $sort: options.sort }, { $limit: limit }, { $set: { 'report.findings': [] } }];
    const found = await storeCall(() => this.#runs.aggregate<RunDocument>(withoutFindings).toArray());
    return found.map(({ report, ...run }) => runOf({ ...run, ...(run.state === 'done' && report && { report }) }));
  }

  async #forgetOld(): Promise<void> {
    const options = { sort: { requestedAt: -1, _id: -1 }, skip: KEPT, projection: { _id: 1 } } as const;
    const old = await storeCall(() => this.#runs.find({ state: { $in: ['done', 'failed'] } }, options).toArray());
    if (old.length > 0) await storeCall(() => this.#runs.deleteMany({ _id: { $in: old.map(({ _id }) => _id) } }));
  }
}

function runOf({ _id, ...run }: RunDocument): FsckRun {
  return { id: _id, ...run };
}
