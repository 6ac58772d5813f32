import { randomBytes } from 'node:crypto';
import type { Collection, Db } from 'mongodb';
import type { SigningKey, SigningKeys } from '../ports/signing-keys.ts';
import { isDuplicateKey } from './bulk-insert.ts';
import { COLLECTIONS, DURABLE } from './collections.ts';
import { storeCall } from './store-errors.ts';

interface SigningKeyDocument {
  /** Name of the key. */
  readonly _id: string;
  readonly secret: string;
}

const KID = 'made';
const SECRET_BYTES = 32;

/** The key of an installation that was given none: made by whichever process comes first, the same for all from then on. */
export class MongoSigningKeys implements SigningKeys {
  readonly #keys: Collection<SigningKeyDocument>;
  #found: Promise<readonly SigningKey[]> | undefined;

  constructor({ db }: { readonly db: Db }) {
    this.#keys = db.collection(COLLECTIONS.signingKeys, { writeConcern: DURABLE, readConcern: { level: 'majority' } });
  }

  list(): Promise<readonly SigningKey[]> {
    this.#found ??= this.#findOrMake().catch((error: unknown) => {
      this.#found = undefined;
      throw error;
    });
    return this.#found;
  }

  async #findOrMake(): Promise<readonly SigningKey[]> {
    const made = { _id: KID, secret: randomBytes(SECRET_BYTES).toString('base64url') };
    try {
      if (!(await this.#find())) await storeCall(() => this.#keys.insertOne(made));
    } catch (error) {
      // Another process was first.
      if (!isDuplicateKey(error)) throw error;
    }
    const { _id: kid, secret } = (await this.#find())!;
    return [{ kid, secret }];
  }

  #find(): Promise<SigningKeyDocument | null> {
    return storeCall(() => this.#keys.findOne({ _id: { $eq: KID } }));
  }
}
