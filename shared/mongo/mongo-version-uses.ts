import type { Collection, Db, Document } from 'mongodb';
import { groupBy } from '../domain/group-by.ts';
import type { VersionUse } from '../domain/version-use.ts';
import type { VersionUses } from '../ports/version-uses.ts';
import { collectionsOf } from './collections.ts';
import { BACKLOG_PARTS } from './job-backlog.ts';
import type { JobDocument } from './job-document.ts';
import { storeCall } from './store-errors.ts';

const MAX_MS = 10_000;

interface Row {
  readonly _id: { readonly type: string; readonly version: number; readonly isDead: boolean };
  readonly count: number;
}

/** Counts jobs by the version that they have pinned. No index has the version: each open job and dead letter is looked at. */
export class MongoVersionUses implements VersionUses {
  readonly #jobs: Collection<JobDocument>;

  constructor({ db }: { readonly db: Db }) {
    this.#jobs = collectionsOf(db).jobs;
  }

  async read(): Promise<readonly VersionUse[]> {
    const key = { type: '$type', version: '$pipelineVersion', isDead: { $eq: ['$state', 'FAILED'] } };
    const group: Document = { $group: { _id: key, count: { $sum: 1 } } };
    const rows = await storeCall(() =>
      Promise.all(
        BACKLOG_PARTS.map(([match, hint]) => this.#jobs.aggregate<Row>([{ $match: match }, group], { hint, maxTimeMS: MAX_MS }).toArray()),
      ),
    );
    return [...groupBy(rows.flat(), ({ _id }) => `${_id.type} ${_id.version}`).values()].map((ofVersion) => {
      const { type, version } = ofVersion[0]!._id;
      const sum = (isDead: boolean) => ofVersion.filter(({ _id }) => _id.isDead === isDead).reduce((total, { count }) => total + count, 0);
      return { type, version, active: sum(false), deadLetters: sum(true) };
    });
  }
}
