import type { Collection, Db, Document } from 'mongodb';
import { type Limit, limitIdOf } from '../domain/control/limit.ts';
import { type Pause, pauseIdOf } from '../domain/control/pause.ts';
import { windowPauses } from '../domain/windows/window-pauses.ts';
import type { ControlSet, Controls, SetLaneWeights, WorkerDrain } from '../ports/controls.ts';
import { isDuplicateKey } from './bulk-insert.ts';
import { COLLECTIONS, DURABLE } from './collections.ts';
import { type ControlDocument, PAUSE, SCHEMA_VERSION, windowOf } from './control-document.ts';
import { breakerOf } from './mongo-breakers.ts';
import { serverTime } from './server-clock.ts';
import { storeCall } from './store-errors.ts';

const DRAIN = 'drain:';
const LIMIT = 'limit:';
const LANES = 'lanes';

type PauseDocument = ControlDocument & Omit<Pause, 'id'>;
type LimitDocument = ControlDocument & Omit<Limit, 'id'>;
type LanesDocument = ControlDocument & SetLaneWeights;
type DrainDocument = ControlDocument & WorkerDrain;

/** What operators set, in collection `controls`, with breakers beside it: so few that they need no index. Times are the server's. */
export class MongoControls implements Controls {
  readonly #db: Db;
  readonly #controls: Collection<ControlDocument>;

  constructor({ db }: { readonly db: Db }) {
    this.#db = db;
    this.#controls = db.collection(COLLECTIONS.controls, { writeConcern: DURABLE });
  }

  async read(): Promise<ControlSet> {
    // A newer release may write what this one cannot read.
    const readable = { schemaVersion: { $lte: SCHEMA_VERSION } };
    const [now, found] = await Promise.all([
      storeCall(() => serverTime(this.#db)),
      storeCall(() => this.#controls.find(readable, { sort: { _id: 1 }, projection: { history: 0 } }).toArray()),
    ]);
    const lanes = found.find(({ kind }) => kind === 'lanes');
    const windows = found.filter(({ kind }) => kind === 'window').map(windowOf);
    const pauses = found.filter(({ kind }) => kind === 'pause').map((document) => pauseOf(document as PauseDocument));
    return {
      now,
      pauses: [...pauses, ...windowPauses(windows, now)],
      windows,
      drains: found.filter(({ kind }) => kind === 'drain').map((document) => drainOf(document as DrainDocument)),
      breakers: found.filter(({ kind }) => kind === 'breaker').map((document) => ({ ...breakerOf(document), history: [] })),
      limits: found.filter(({ kind }) => kind === 'limit').map((document) => limitOf(document as LimitDocument)),
      ...(lanes && { laneWeights: weightsOf(lanes as LanesDocument) }),
    };
  }

  async pause(pause: Parameters<Controls['pause']>[0]): Promise<Pause> {
    return pauseOf((await this.#put(PAUSE + pauseIdOf(pause.selector), 'pause', { ...pause })) as PauseDocument);
  }

  async endPause(id: string): Promise<boolean> {
    const open = {
      _id: { $eq: PAUSE + id },
      endedAt: { $exists: false },
      $expr: { $gt: [{ $ifNull: ['$until', { $add: ['$$NOW', 1] }] }, '$$NOW'] },
    };
    return (await storeCall(() => this.#controls.updateOne(open, [{ $set: { endedAt: '$$NOW' } }]))).modifiedCount === 1;
  }

  async forgetPause(id: string, token: string): Promise<void> {
    await storeCall(() => this.#controls.deleteOne({ _id: { $eq: PAUSE + id }, token: { $eq: token } }));
  }

  async limit(limit: Parameters<Controls['limit']>[0]): Promise<Limit> {
    return limitOf((await this.#put(LIMIT + limitIdOf(limit.selector), 'limit', { ...limit })) as LimitDocument);
  }

  async endLimit(id: string): Promise<boolean> {
    return (await storeCall(() => this.#controls.deleteOne({ _id: { $eq: LIMIT + id } }))).deletedCount === 1;
  }

  async weighLanes(weights: Parameters<Controls['weighLanes']>[0]): Promise<SetLaneWeights> {
    return weightsOf((await this.#put(LANES, 'lanes', { ...weights })) as LanesDocument);
  }

  async resetLanes(): Promise<void> {
    await storeCall(() => this.#controls.deleteOne({ _id: { $eq: LANES } }));
  }

  async drain(drain: Parameters<Controls['drain']>[0]): Promise<WorkerDrain> {
    return drainOf((await this.#put(DRAIN + drain.workerId, 'drain', { ...drain })) as DrainDocument);
  }

  async endDrain(workerId: string): Promise<boolean> {
    return (await storeCall(() => this.#controls.deleteOne({ _id: { $eq: DRAIN + workerId } }))).deletedCount === 1;
  }

  async #put(_id: string, kind: ControlDocument['kind'], fields: Document): Promise<ControlDocument> {
    const given = Object.entries(fields).filter(([, value]) => value !== undefined);
    const literal = Object.fromEntries(given.map(([name, value]) => [name, { $literal: value }]));
    const whole = { _id: { $literal: _id }, kind, schemaVersion: SCHEMA_VERSION, ...literal, createdAt: '$$NOW' };
    const options = { upsert: true, returnDocument: 'after' } as const;
    const put = () => storeCall(() => this.#controls.findOneAndUpdate({ _id: { $eq: _id } }, [{ $replaceWith: whole }], options));
    try {
      return (await put())!;
    } catch (error) {
      // Two made it at once: for this one it is there now.
      if (isDuplicateKey(error)) return (await put())!;
      throw error;
    }
  }
}

function pauseOf({ _id, kind: _, schemaVersion: __, ...pause }: PauseDocument): Pause {
  return { id: _id.slice(PAUSE.length), ...(pause as unknown as Omit<Pause, 'id'>) };
}

function weightsOf({ weights, reason, by, createdAt }: LanesDocument): SetLaneWeights {
  return { weights, reason, by, createdAt };
}

function limitOf({ _id, kind: _, schemaVersion: __, ...limit }: LimitDocument): Limit {
  return { id: _id.slice(LIMIT.length), ...(limit as unknown as Omit<Limit, 'id'>) };
}

function drainOf({ workerId, reason, by, createdAt }: DrainDocument): WorkerDrain {
  return { workerId, reason, by, createdAt };
}
