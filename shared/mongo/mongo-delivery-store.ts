import type { Collection, Db, WithId } from 'mongodb';
import type { Delivery, DeliveryAttempt, NewDelivery } from '../domain/callback.ts';
import type { Clock } from '../ports/clock.ts';
import type { DeliveryOutcome, DeliveryStore, DueDelivery, TakenDelivery } from '../ports/delivery-store.ts';
import { insertMissing } from './bulk-insert.ts';
import { COLLECTIONS, DURABLE } from './collections.ts';
import { ServerClock } from './server-clock.ts';
import { storeCall } from './store-errors.ts';

interface DeliveryDocument extends Omit<Delivery, 'id'> {
  /** `job:seq`. */
  readonly _id: string;
  readonly claim?: string;
}

const LOG_LENGTH = 20;
const LIST_LENGTH = 100;
const MAX_MS = 2_000;

/** Deliveries in collection `deliveries`. */
export class MongoDeliveryStore implements DeliveryStore {
  readonly #deliveries: Collection<DeliveryDocument>;
  readonly #clock: ServerClock;

  constructor({ db }: { readonly db: Db }, { clock }: { readonly clock: Clock }) {
    this.#deliveries = db.collection(COLLECTIONS.deliveries, { writeConcern: DURABLE });
    this.#clock = new ServerClock(db, clock);
  }

  async owe(deliveries: readonly NewDelivery[]): Promise<void> {
    const now = await this.#clock.ask();
    const documents = deliveries.map(({ id, ...fields }): DeliveryDocument => {
      return { _id: id, ...fields, state: 'pending', attempts: 0, log: [], createdAt: now, dueAt: now };
    });
    await insertMissing(this.#deliveries, documents, 'A delivery');
  }

  async due(limit: number, exceptHosts: readonly string[]): Promise<readonly DueDelivery[]> {
    const now = await this.#clock.latest();
    const filter = { dueAt: { $lte: now }, ...(exceptHosts.length > 0 && { host: { $nin: [...exceptHosts] } }) };
    const options = { projection: { host: 1, dueAt: 1 }, sort: { dueAt: 1 }, limit, maxTimeMS: MAX_MS } as const;
    const found = await storeCall(() => this.#deliveries.find(filter, options).toArray());
    return found.map(({ _id, host, dueAt }) => ({ id: _id, host, dueAt: dueAt! }));
  }

  async take({ id, dueAt }: DueDelivery, claim: string, leaseMs: number): Promise<TakenDelivery | undefined> {
    const until = new Date((await this.#clock.estimate()).getTime() + leaseMs);
    const update = { $set: { dueAt: until, claim }, $inc: { attempts: 1 } };
    const taken = await storeCall(() =>
      this.#deliveries.findOneAndUpdate({ _id: { $eq: id }, dueAt: { $eq: dueAt } }, update, { returnDocument: 'after' }),
    );
    return taken ? { ...deliveryOf(taken), claim } : undefined;
  }

  async settle({ id, claim }: TakenDelivery, attempt: DeliveryAttempt, outcome: DeliveryOutcome): Promise<boolean> {
    const now = await this.#clock.estimate();
    const $push = { log: { $each: [attempt], $slice: -LOG_LENGTH } };
    const update =
      outcome.state === 'pending'
        ? { $push, $set: { dueAt: new Date(now.getTime() + outcome.afterMs) }, $unset: { claim: 1 as const } }
        : { $push, $set: { state: outcome.state, endedAt: now }, $unset: { claim: 1 as const, dueAt: 1 as const } };
    const { matchedCount } = await storeCall(() => this.#deliveries.updateOne({ _id: { $eq: id }, claim: { $eq: claim } }, update));
    return matchedCount === 1;
  }

  async ofJob(tenant: string, jobId: string): Promise<readonly Delivery[]> {
    const filter = { jobId: { $eq: jobId }, tenant: { $eq: tenant } };
    const options = { sort: { createdAt: 1, _id: 1 }, limit: LIST_LENGTH, maxTimeMS: MAX_MS } as const;
    return (await storeCall(() => this.#deliveries.find(filter, options).toArray())).map(deliveryOf);
  }

  async removeOf(jobId: string): Promise<void> {
    await storeCall(() => this.#deliveries.deleteMany({ jobId: { $eq: jobId } }));
  }
}

function deliveryOf({ _id: id, claim: _, ...rest }: WithId<DeliveryDocument>): Delivery {
  return { id, ...rest };
}
