import type { Collection, Db, Document } from 'mongodb';
import type { RateLimit } from '../domain/access.ts';
import type { RateBuckets, TokenGrant } from '../ports/rate-buckets.ts';
import { isDuplicateKey } from './bulk-insert.ts';
import { COLLECTIONS, LAZY } from './collections.ts';
import { storeCall } from './store-errors.ts';

interface BucketDocument {
  readonly _id: string;
  /** Tokens at `at`. */
  readonly level: number;
  readonly at: Date;
  /** To the last that asked. */
  readonly granted: number;
}

/** What sums of fractions may fall short of a whole token by. */
const ROUNDING = 1e-6;

/** Token buckets in collection `rate_buckets`, filled by the server's clock: one update takes the tokens and says how many. */
export class MongoRateBuckets implements RateBuckets {
  readonly #buckets: Collection<BucketDocument>;

  constructor({ db }: { readonly db: Db }) {
    this.#buckets = db.collection(COLLECTIONS.rateBuckets, { writeConcern: LAZY });
  }

  async take(bucket: string, wanted: number, limit: RateLimit): Promise<TokenGrant> {
    try {
      return await this.#take(bucket, wanted, limit);
    } catch (error) {
      // Two made the bucket at once: for this one it is there now.
      if (isDuplicateKey(error)) return this.#take(bucket, wanted, limit);
      throw error;
    }
  }

  async #take(bucket: string, wanted: number, limit: RateLimit): Promise<TokenGrant> {
    const options = { upsert: true, returnDocument: 'after' } as const;
    const taken = await storeCall(() => this.#buckets.findOneAndUpdate({ _id: { $eq: bucket } }, takeOf(wanted, limit), options));
    return { granted: taken!.granted, level: taken!.level };
  }
}

/** Fills by the time that has passed, takes what is wanted and there. A clock that jumps back fills nothing twice. */
function takeOf(wanted: number, { perSecond, burst }: RateLimit): Document[] {
  const passedMs = { $max: [0, { $subtract: ['$$NOW', { $ifNull: ['$at', '$$NOW'] }] }] };
  const filled = { $add: [{ $ifNull: ['$level', burst] }, { $multiply: [passedMs, perSecond / 1_000] }] };
  return [
    { $set: { level: { $min: [burst, filled] }, at: { $max: ['$at', '$$NOW'] } } },
    { $set: { granted: { $min: [wanted, { $floor: { $add: ['$level', ROUNDING] } }] } } },
    { $set: { level: { $max: [0, { $subtract: ['$level', '$granted'] }] } } },
  ];
}
