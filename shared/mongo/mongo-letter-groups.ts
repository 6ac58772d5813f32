import type { Collection, Db, Document } from 'mongodb';
import { type GroupMark, groupIdOf, type LetterCause, NOTES_KEPT } from '../domain/dead-letters/letter-group.ts';
import { type GroupChange, type LetterGroups, stateAfter } from '../ports/letter-groups.ts';
import { isDuplicateKey } from './bulk-insert.ts';
import { COLLECTIONS, DURABLE } from './collections.ts';
import { storeCall } from './store-errors.ts';

interface MarkDocument extends GroupMark {
  readonly _id: string;
}

const MOST = 1_000;

/** Marks of groups of dead letters in collection `letter_groups`. Times are the server's. */
export class MongoLetterGroups implements LetterGroups {
  readonly #groups: Collection<MarkDocument>;

  constructor({ db }: { readonly db: Db }) {
    this.#groups = db.collection(COLLECTIONS.letterGroups, { writeConcern: DURABLE });
  }

  async all(): Promise<readonly GroupMark[]> {
    const found = await storeCall(() => this.#groups.find({}, { sort: { changedAt: -1 }, limit: MOST }).toArray());
    return found.map(markOf);
  }

  async read(cause: LetterCause): Promise<GroupMark | undefined> {
    const found = await storeCall(() => this.#groups.findOne({ _id: { $eq: groupIdOf(cause) } }));
    return found ? markOf(found) : undefined;
  }

  async change(cause: LetterCause, change: GroupChange): Promise<GroupMark> {
    const options = { upsert: true, returnDocument: 'after' } as const;
    const id = { _id: { $eq: groupIdOf(cause) } };
    const put = () => storeCall(() => this.#groups.findOneAndUpdate(id, changeOf(cause, change), options));
    try {
      return markOf((await put())!);
    } catch (error) {
      // Two marked it at once: for this one it is there now.
      if (isDuplicateKey(error)) return markOf((await put())!);
      throw error;
    }
  }

  async regressed(mark: GroupMark, at: Date): Promise<boolean> {
    const { resolvedAt } = mark;
    if (!resolvedAt) return false;
    const asRead = { _id: { $eq: groupIdOf(mark) }, state: 'resolved', resolvedAt: { $eq: resolvedAt }, regressedAt: { $exists: false } };
    const note = { at: '$$NOW', by: 'jobline', event: 'regression' };
    const set = [{ $set: { regressedAt: { $literal: at }, changedAt: '$$NOW', notes: appended(note) } }];
    return (await storeCall(() => this.#groups.updateOne(asRead as Document, set))).modifiedCount === 1;
  }
}

function appended(note: Document): Document {
  return { $slice: [{ $concatArrays: [{ $ifNull: ['$notes', []] }, [note]] }, -NOTES_KEPT] };
}

function changeOf({ type, stage, fingerprint }: LetterCause, { by, event, text, until, seen }: GroupChange): Document[] {
  const state = stateAfter(event);
  const note = {
    at: '$$NOW',
    by: { $literal: by },
    event,
    ...(text !== undefined && { text: { $literal: text } }),
    ...(until && { until }),
  };
  return [
    ...(state === undefined ? [] : [{ $unset: ['resolvedAt', 'until', 'regressedAt'] }]),
    {
      $set: {
        type: { $literal: type },
        stage,
        fingerprint: { $literal: fingerprint },
        state: state ?? { $ifNull: ['$state', 'open'] },
        ...(state === 'resolved' && { resolvedAt: '$$NOW' }),
        ...(until && { until }),
        // Of the absent one `$min` and `$max` take the other.
        ...(seen && { firstAt: { $min: ['$firstAt', seen.firstAt] }, lastAt: { $max: ['$lastAt', seen.lastAt] } }),
        changedAt: '$$NOW',
        notes: appended(note),
      },
    },
  ];
}

function markOf({ _id, ...mark }: MarkDocument): GroupMark {
  return mark;
}
