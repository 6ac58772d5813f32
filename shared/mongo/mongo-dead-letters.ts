import type { Collection, Db, Document } from 'mongodb';
import type { LetterCause } from '../domain/dead-letters/letter-group.ts';
import type { DeadLetterFilter, StagePlace } from '../domain/dead-letters/replay-operation.ts';
import type { JobRecord } from '../domain/job.ts';
import type { DeadLetter, DeadLetterGroup, DeadLetters } from '../ports/dead-letters.ts';
import type { JobPage } from '../ports/job-store.ts';
import { collectionsOf } from './collections.ts';
import { decodeCursor, encodeCursor } from './job-cursor.ts';
import { type JobDocument, recordOf } from './job-document.ts';
import { storeCall } from './store-errors.ts';

/** Names of the indexes: by cause, and newest first. All that is filtered by is in both, so that no job is looked at in vain. */
export const DEAD_LETTER_GROUPS = 'dead_letter_groups';
export const DEAD_LETTER_LIST = 'dead_letter_list';
export const DEAD_LETTER_NEWEST = 'dead_letter_newest';
export const DEAD_LETTER_TENANTS = 'dead_letter_tenants';
const BATCH = 1_000;

interface GroupRow {
  readonly _id: { readonly type: string; readonly stage: number; readonly fingerprint: string | null };
  readonly count: number;
  readonly first: Date;
  readonly last: Date;
}

/** FAILED jobs of collection `jobs`, by an index of their own. Every value stands behind an operator. */
export class MongoDeadLetters implements DeadLetters {
  readonly #jobs: Collection<JobDocument>;

  constructor({ db }: { readonly db: Db }) {
    this.#jobs = collectionsOf(db).jobs;
  }

  count(filter: DeadLetterFilter): Promise<number> {
    return storeCall(() => this.#jobs.countDocuments(matchOf(filter), { hint: DEAD_LETTER_GROUPS }));
  }

  async groups(filter: DeadLetterFilter, limit: number): Promise<readonly DeadLetterGroup[]> {
    const cause = { type: '$type', stage: '$stage', fingerprint: '$err.fingerprint' };
    // Nothing but what the index holds is asked for, and no object is built for each key: a group of 100,000 costs no look at a job.
    const sums = { count: { $sum: 1 }, first: { $min: '$doneAt' }, last: { $max: '$doneAt' } };
    const stages: Document[] = [{ $match: matchOf(filter) }, { $group: { _id: cause, ...sums } }, { $sort: { count: -1, _id: 1 } }];
    const options = { hint: DEAD_LETTER_GROUPS };
    const rows = await storeCall(() => this.#jobs.aggregate<GroupRow>([...stages, { $limit: limit }], options).toArray());
    const newest = await this.#newest(rows);
    return rows.map((row) => {
      const { _id, count, first, last } = row;
      const { type, stage, fingerprint } = _id;
      const record = newest.get(keyOf(row));
      return {
        type,
        stage,
        ...(fingerprint !== null && { fingerprint }),
        count,
        firstAt: first,
        lastAt: last,
        ...(record && { newest: record }),
      };
    });
  }

  async page(filter: DeadLetterFilter, limit: number, after?: string): Promise<JobPage> {
    const range = after === undefined ? {} : failedBefore(after);
    const hint =
      filter.fingerprint !== undefined ? DEAD_LETTER_GROUPS : filter.tenant !== undefined ? DEAD_LETTER_TENANTS : DEAD_LETTER_NEWEST;
    const options = { hint, sort: { doneAt: -1, _id: -1 }, limit: limit + 1, projection: { payload: 0 } } as const;
    const found = await storeCall(() => this.#jobs.find({ $and: [matchOf(filter), range] }, options).toArray());
    const jobs = found.slice(0, limit).map(recordOf);
    const last = jobs.at(-1);
    return { jobs, ...(found.length > limit && last && { next: encodeCursor({ createdAt: last.doneAt!, id: last.id }) }) };
  }

  async *each(filter: DeadLetterFilter): AsyncIterable<readonly DeadLetter[]> {
    const projection = { _id: 1, gen: 1 } as const;
    const cursor = this.#jobs.find(matchOf(filter), { hint: DEAD_LETTER_GROUPS, projection, batchSize: BATCH });
    try {
      while (await storeCall(() => cursor.hasNext())) {
        yield cursor.readBufferedDocuments(BATCH).map(({ _id, gen }) => ({ id: _id, gen }));
      }
    } finally {
      await cursor.close();
    }
  }

  /** The newest of each group, by one seek in the index each; of several of one moment the one with the last id. */
  async #newest(rows: readonly GroupRow[]): Promise<ReadonlyMap<string, JobRecord>> {
    const options = { hint: DEAD_LETTER_GROUPS, projection: { payload: 0 }, sort: { _id: -1 } } as const;
    const found = await Promise.all(
      rows.map(async (row) => {
        const { type, stage, fingerprint } = row._id;
        const ofGroup: Document = {
          state: { $eq: 'FAILED' },
          type: { $eq: type },
          stage: { $eq: stage },
          'err.fingerprint': { $eq: fingerprint },
          doneAt: { $eq: row.last },
        };
        const document = await storeCall(() => this.#jobs.findOne(ofGroup, options));
        return document ? [[keyOf(row), recordOf(document)] as const] : [];
      }),
    );
    return new Map(found.flat());
  }
}

function keyOf({ _id: { type, stage, fingerprint }, last }: Pick<GroupRow, '_id' | 'last'>): string {
  return `${type} ${stage} ${fingerprint} ${last.getTime()}`;
}

function matchOf({ places, tenant, fingerprint, failedFrom, failedBefore, except = [] }: DeadLetterFilter): Document {
  const doneAt = { ...(failedFrom && { $gte: failedFrom }), ...(failedBefore && { $lt: failedBefore }) };
  return {
    state: { $eq: 'FAILED' },
    ...(places && placesMatch(places)),
    ...(fingerprint !== undefined && { 'err.fingerprint': { $eq: fingerprint } }),
    ...(Object.keys(doneAt).length > 0 && { doneAt }),
    ...(tenant !== undefined && { tenant: { $eq: tenant } }),
    ...(except.length > 0 && { $nor: except.map(causeMatch) }),
  };
}

function causeMatch({ type, stage, fingerprint }: LetterCause): Document {
  return { type: { $eq: type }, stage: { $eq: stage }, 'err.fingerprint': { $eq: fingerprint } };
}

/** Where every type has every stage, as mostly, the fields say it alone, and the index answers it without a look at the job. */
function placesMatch(places: readonly StagePlace[]): Document {
  const [types, stages] = [[...new Set(places.map(({ type }) => type))], [...new Set(places.map(({ stage }) => stage))]];
  const fields = { type: { $in: types }, stage: { $in: stages } };
  if (types.length * stages.length === places.length) return fields;
  return { ...fields, $and: [{ $or: places.map(({ type, stage }) => ({ type: { $eq: type }, stage: { $eq: stage } })) }] };
}

function failedBefore(after: string): Document {
  const { createdAt: at, id } = decodeCursor(after);
  // The first part makes the bounds of the index.
  return { doneAt: { $lte: at }, $or: [{ doneAt: { $lt: at } }, { _id: { $lt: id } }] };
}
