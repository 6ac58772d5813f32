import type { Collection, Db } from 'mongodb';
import type { EventNote } from '../domain/event-note.ts';
import { groupBy } from '../domain/group-by.ts';
import { OWED_AFTER_MS, RELAY_AGAIN_MS } from '../domain/transitions.ts';
import type { DueNote, EventNotes, NotedJob } from '../ports/event-notes.ts';
import { COLLECTIONS, collectionsOf, DURABLE, LAZY } from './collections.ts';
import { TOLD } from './due-events.ts';
import { inOneAnswer } from './in-one-answer.ts';
import type { JobDocument } from './job-document.ts';
import type { ServerClock } from './server-clock.ts';
import { storeCall } from './store-errors.ts';

/** A note as it is stored: most of its jobs have one generation. */
interface NoteDocument {
  readonly _id: string;
  readonly jobs: readonly { readonly gen: number; readonly ids: readonly string[] }[];
  readonly due: Date;
}

/** What tells whether an event is owed, beside the event. */
const JUDGED = { gen: 1, results: { $slice: -1 } } as const;

/** Notes in collection `event_notes`. */
export class MongoEventNotes implements EventNotes {
  readonly #notes: Collection<NoteDocument>;
  readonly #jobs: Collection<JobDocument>;
  readonly #clock: ServerClock;
  readonly #maxTimeMS: number;

  constructor(db: Db, clock: ServerClock, maxTimeMS: number) {
    this.#notes = db.collection(COLLECTIONS.eventNotes, { writeConcern: LAZY });
    this.#jobs = collectionsOf(db).jobs;
    this.#clock = clock;
    this.#maxTimeMS = maxTimeMS;
  }

  async insertNote({ id, jobs }: EventNote): Promise<void> {
    const due = await this.#in(OWED_AFTER_MS);
    const note = { _id: id, jobs: byGen(jobs), due };
    await storeCall((within) => this.#notes.insertOne(note, { writeConcern: DURABLE, ...within }));
  }

  async makeNoteDue(id: string): Promise<void> {
    await storeCall(() => this.#notes.updateOne({ _id: { $eq: id } }, { $currentDate: { due: true } }));
  }

  async dueNotes(limit: number): Promise<readonly DueNote[]> {
    const now = await this.#clock.latest();
    const options = { sort: { due: 1 }, limit, maxTimeMS: this.#maxTimeMS } as const;
    const found = await storeCall(() => this.#notes.find({ due: { $lte: now } }, options).toArray());
    return found.map(({ _id: id, jobs, due }) => ({ id, jobs: jobs.flatMap(({ gen, ids }) => ids.map((job) => ({ id: job, gen }))), due }));
  }

  async readNoted(ids: readonly string[]): Promise<readonly NotedJob[]> {
    if (ids.length === 0) return [];
    const read = { projection: { ...TOLD, ...JUDGED }, readConcern: { level: 'majority' }, maxTimeMS: this.#maxTimeMS } as const;
    const options = { ...read, ...inOneAnswer(ids.length) };
    const found = await storeCall((within) => this.#jobs.find({ _id: { $in: ids as string[] } }, { ...options, ...within }).toArray());
    return found.map(({ _id: id, ...job }) => ({ id, ...job }));
  }

  async postponeNote({ id, jobs, due }: DueNote): Promise<void> {
    const rest = { jobs: byGen(jobs), due: await this.#in(RELAY_AGAIN_MS) };
    await storeCall((within) =>
      this.#notes.updateOne({ _id: { $eq: id }, due: { $eq: due } }, { $set: rest }, { writeConcern: LAZY, ...within }),
    );
  }

  async removeNotes(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await storeCall(() => this.#notes.deleteMany({ _id: { $in: ids as string[] } }));
  }

  async isNoted(claim: string, jobId: string): Promise<boolean> {
    const found = await storeCall(() =>
      this.#notes.findOne({ _id: { $eq: claim }, 'jobs.ids': { $eq: jobId } }, { projection: { _id: 1 } }),
    );
    return found !== null;
  }

  async #in(ms: number): Promise<Date> {
    return new Date((await this.#clock.estimate()).getTime() + ms);
  }
}

function byGen(jobs: EventNote['jobs']): NoteDocument['jobs'] {
  return [...groupBy(jobs, ({ gen }) => gen)].map(([gen, group]) => ({ gen, ids: group.map(({ id }) => id) }));
}
