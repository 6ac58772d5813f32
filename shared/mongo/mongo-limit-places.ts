import { randomUUID } from 'node:crypto';
import type { Collection, Db, Document } from 'mongodb';
import type { HeldPlace, LimitPlaces, PlaceHolder, PlacesOfLimit, PlacesTaken, WantedPlace } from '../ports/limit-places.ts';
import { isDuplicateKey } from './bulk-insert.ts';
import { COLLECTIONS, DURABLE } from './collections.ts';
import { storeCall } from './store-errors.ts';

/** Forgotten this long after its last place is free. */
const FORGET_AFTER_MS = 3_600_000;

interface Holder {
  readonly job: string;
  /** Absent: kept for the job. */
  readonly claim?: string;
  /** Tells who keeps it. */
  readonly mark?: string;
  readonly until: Date;
}

interface PlacesDocument {
  readonly _id: string;
  readonly holders: readonly Holder[];
  readonly expireAt: Date;
}

const ALIVE = { $gt: ['$$this.until', '$$NOW'] };
const IS_KEPT = { $eq: [{ $type: '$$this.claim' }, 'missing'] };
const until = (forMs: number): Document => ({ $add: ['$$NOW', forMs] });
const onlyHolders = (cond: Document): Document => ({ $filter: { input: { $ifNull: ['$holders', []] }, cond } });

/** Adds a holder where there is room. */
const added = (holder: Document, places: number): Document => ({
  $cond: [{ $lt: [{ $size: '$holders' }, places] }, { $concatArrays: ['$holders', [holder]] }, '$holders'],
});

/** One document a limit, in collection `limit_places`; who has lived too long is left out by each write. Times are the server's. */
export class MongoLimitPlaces implements LimitPlaces {
  readonly #places: Collection<PlacesDocument>;

  constructor({ db }: { readonly db: Db }) {
    this.#places = db.collection(COLLECTIONS.limitPlaces, { writeConcern: DURABLE, readConcern: { level: 'majority' } });
  }

  async take({ name, jobId, claim, places, forMs }: WantedPlace): Promise<boolean> {
    const job = { $literal: jobId };
    const own = { $literal: claim };
    const isOwn = { $or: [{ $eq: ['$$this.claim', own] }, { $and: [IS_KEPT, { $eq: ['$$this.job', job] }] }] };
    const holder = { job, claim: own, until: until(forMs) };
    const found = await this.#change(name, [
      { $set: { holders: onlyHolders({ $and: [ALIVE, { $not: [isOwn] }] }) } },
      { $set: { holders: added(holder, places), expireAt: until(forMs + FORGET_AFTER_MS) } },
    ]);
    return found.holders.some((one) => one.claim === claim);
  }

  async keep({ name, jobId, places, forMs }: Omit<WantedPlace, 'claim'>): Promise<boolean> {
    const mark = randomUUID();
    const job = { $literal: jobId };
    const kept = { $filter: { input: '$holders', cond: IS_KEPT } };
    const isKnown = { $in: [job, { $map: { input: kept, in: '$$this.job' } }] };
    const holder = { job, mark, until: until(forMs) };
    const found = await this.#change(name, [
      { $set: { holders: onlyHolders(ALIVE) } },
      { $set: { holders: { $cond: [isKnown, '$holders', added(holder, places)] }, expireAt: until(forMs + FORGET_AFTER_MS) } },
    ]);
    return found.holders.some((one) => one.mark === mark);
  }

  async renew(names: readonly string[], claims: readonly string[], forMs: number): Promise<readonly HeldPlace[]> {
    const renewed = { $cond: [{ $in: ['$$this.claim', claims] }, { $mergeObjects: ['$$this', { until: until(forMs) }] }, '$$this'] };
    const update = [
      { $set: { holders: { $map: { input: '$holders', as: 'this', in: renewed } }, expireAt: until(forMs + FORGET_AFTER_MS) } },
    ];
    const ofThese = { _id: { $in: [...names] } };
    await storeCall(() => this.#places.updateMany(ofThese, update));
    // After the write: whoever is in it now has been renewed, since a claim takes its places before this.
    const found = await storeCall(() => this.#places.find(ofThese).toArray());
    return found.flatMap(({ _id: name, holders }) =>
      holders.flatMap(({ claim }) => (claim !== undefined && claims.includes(claim) ? [{ name, claim }] : [])),
    );
  }

  async free(name: string, claim: string): Promise<void> {
    const kept = onlyHolders({ $and: [ALIVE, { $ne: ['$$this.claim', { $literal: claim }] }] });
    await storeCall(() => this.#places.updateOne({ _id: { $eq: name } }, [{ $set: { holders: kept } }]));
  }

  async look(name: string): Promise<PlacesTaken> {
    const pipeline = [{ $match: { _id: { $eq: name } } }, { $set: { holders: onlyHolders(ALIVE) } }];
    const [found] = await storeCall(() => this.#places.aggregate<PlacesDocument>(pipeline).toArray());
    const holders = found?.holders ?? [];
    return { taken: holders.length, keptFor: holders.flatMap(({ job, claim }) => (claim === undefined ? [job] : [])) };
  }

  async scan(limit: number, after?: string): Promise<readonly PlacesOfLimit[]> {
    const beyond = after === undefined ? {} : { _id: { $gt: after } };
    const pipeline = [{ $match: beyond }, { $sort: { _id: 1 } }, { $limit: limit }, { $set: { holders: onlyHolders(ALIVE) } }];
    const found = await storeCall(() => this.#places.aggregate<PlacesDocument>(pipeline).toArray());
    return found.map(({ _id: name, holders }) => ({
      name,
      holders: holders.map(({ job: jobId, claim, until }) => ({ jobId, ...(claim !== undefined && { claim }), until })),
    }));
  }

  async drop(name: string, { jobId, claim, until }: PlaceHolder): Promise<boolean> {
    const holder = { job: { $eq: jobId }, claim: claim === undefined ? { $exists: false } : { $eq: claim }, until: { $eq: until } };
    const filter = { _id: { $eq: name }, holders: { $elemMatch: holder } };
    const { modifiedCount } = await storeCall(() => this.#places.updateOne(filter, { $pull: { holders: holder } } as Document));
    return modifiedCount === 1;
  }

  async #change(name: string, update: Document[]): Promise<PlacesDocument> {
    const options = { upsert: true, returnDocument: 'after' } as const;
    const change = () => storeCall(() => this.#places.findOneAndUpdate({ _id: { $eq: name } }, update, options));
    try {
      return (await change())!;
    } catch (error) {
      // Two made it at once: for this one it is there now.
      if (isDuplicateKey(error)) return (await change())!;
      throw error;
    }
  }
}
