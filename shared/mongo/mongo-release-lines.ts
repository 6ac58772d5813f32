import type { Collection, Db } from 'mongodb';
import type { ReleaseLine } from '../domain/off-peak/release-line.ts';
import type { ReleaseLineKey, ReleaseLines, ReleasePlan, StoredReleaseLine } from '../ports/release-lines.ts';
import { isDuplicateKey } from './bulk-insert.ts';
import { COLLECTIONS, DURABLE } from './collections.ts';
import { storeCall } from './store-errors.ts';

interface LineDocument {
  readonly _id: string;
  readonly version: number;
  readonly nextAt: Date;
  /** A list: names of types are no names of fields. */
  readonly groups: readonly { readonly type: string; readonly at: Date; readonly left: number }[];
  readonly expireAt: Date;
}

/** Where the plan is: no line has such an id. */
const PLAN = 'plan';

interface PlanDocument extends ReleasePlan {
  readonly _id: string;
}

const KEEP_MS = 86_400_000;

const idOf = ({ window, revision, from }: ReleaseLineKey): string => `${window}|${revision}|${from.toISOString()}`;

/** Lines in collection `release_lines`, one document an occurrence, changed by compare-and-set. */
export class MongoReleaseLines implements ReleaseLines {
  readonly #lines: Collection<LineDocument>;
  readonly #plans: Collection<PlanDocument>;

  constructor({ db }: { readonly db: Db }) {
    this.#lines = db.collection(COLLECTIONS.releaseLines, { writeConcern: DURABLE });
    this.#plans = db.collection(COLLECTIONS.releaseLines, { writeConcern: DURABLE });
  }

  async read(key: ReleaseLineKey): Promise<StoredReleaseLine | undefined> {
    const found = await storeCall(() => this.#lines.findOne({ _id: { $eq: idOf(key) } }));
    if (!found) return undefined;
    const groups = Object.fromEntries(found.groups.map(({ type, at, left }) => [type, { at, left }]));
    return { version: found.version, nextAt: found.nextAt, groups };
  }

  async replace(key: ReleaseLineKey, { nextAt, groups }: ReleaseLine, version: number): Promise<boolean> {
    const line: LineDocument = {
      _id: idOf(key),
      version: version + 1,
      nextAt,
      groups: Object.entries(groups).map(([type, group]) => ({ type, ...group })),
      expireAt: new Date(key.until.getTime() + KEEP_MS),
    };
    try {
      if (version === 0) await storeCall(() => this.#lines.insertOne(line));
      else return (await storeCall(() => this.#lines.replaceOne({ _id: { $eq: line._id }, version }, line))).matchedCount === 1;
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }

  async readPlan(): Promise<ReleasePlan | undefined> {
    const found = await storeCall(() => this.#plans.findOne({ _id: { $eq: PLAN } }));
    return found ? { windows: found.windows, ...(found.under && { under: found.under }) } : undefined;
  }

  async notePlan(plan: ReleasePlan): Promise<void> {
    await storeCall(() => this.#plans.replaceOne({ _id: { $eq: PLAN } }, plan, { upsert: true }));
  }
}
