import type { Collection, Db, Document } from 'mongodb';
import type { Pause } from '../domain/control/pause.ts';
import type { CalendarWindow, Occurrence } from '../domain/windows/calendar-window.ts';
import type { CalendarWindows, WindowToPut } from '../ports/calendar-windows.ts';
import { isDuplicateKey } from './bulk-insert.ts';
import { COLLECTIONS, DURABLE } from './collections.ts';
import { type ControlDocument, PAUSE, SCHEMA_VERSION, WINDOW, windowOf } from './control-document.ts';
import { storeCall } from './store-errors.ts';

/** Windows in collection `controls`, beside pauses and drains, so that one look tells all. Times are the server's. */
export class MongoCalendarWindows implements CalendarWindows {
  readonly #controls: Collection<ControlDocument>;

  constructor({ db }: { readonly db: Db }) {
    this.#controls = db.collection(COLLECTIONS.controls, { writeConcern: DURABLE });
  }

  async put({ name, ...window }: WindowToPut): Promise<CalendarWindow> {
    const given = Object.entries(window).filter(([, value]) => value !== undefined);
    const whole = {
      ...Object.fromEntries(given.map(([field, value]) => [field, { $literal: value }])),
      _id: { $literal: WINDOW + name },
      kind: 'window',
      schemaVersion: SCHEMA_VERSION,
      createdAt: { $ifNull: ['$createdAt', '$$NOW'] },
      updatedAt: '$$NOW',
      revision: { $add: [{ $ifNull: ['$revision', 0] }, 1] },
      skipped: [],
    };
    const options = { upsert: true, returnDocument: 'after' } as const;
    const put = () => storeCall(() => this.#controls.findOneAndUpdate({ _id: { $eq: WINDOW + name } }, [{ $replaceWith: whole }], options));
    try {
      return windowOf((await put())!);
    } catch (error) {
      // Two made it at once: for this one it is there now.
      if (isDuplicateKey(error)) return windowOf((await put())!);
      throw error;
    }
  }

  async remove(name: string): Promise<CalendarWindow | undefined> {
    const removed = await storeCall(() => this.#controls.findOneAndDelete({ _id: { $eq: WINDOW + name } }));
    return removed ? windowOf(removed) : undefined;
  }

  plan(name: string, revision: number, occurrences: readonly Occurrence[]): Promise<boolean> {
    return this.#update(name, revision, { $set: { occurrences } });
  }

  skip(name: string, revision: number, { occurrences, skipped }: Pick<CalendarWindow, 'occurrences' | 'skipped'>): Promise<boolean> {
    return this.#update(name, revision, { $set: { occurrences, skipped }, $inc: { revision: 1 }, $currentDate: { updatedAt: true } });
  }

  async leaveEnded({ id, ...pause }: Pause): Promise<void> {
    const fields = Object.fromEntries(Object.entries(pause).map(([field, value]) => [field, { $literal: value }]));
    const whole = { ...fields, _id: { $literal: PAUSE + id }, kind: 'pause', schemaVersion: SCHEMA_VERSION, endedAt: '$$NOW' };
    const leave = () =>
      storeCall(() => this.#controls.updateOne({ _id: { $eq: PAUSE + id } }, [{ $replaceWith: whole }], { upsert: true }));
    try {
      await leave();
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      await leave();
    }
  }

  async #update(name: string, revision: number, update: Document): Promise<boolean> {
    return (await storeCall(() => this.#controls.updateOne({ _id: { $eq: WINDOW + name }, revision }, update))).matchedCount === 1;
  }
}
