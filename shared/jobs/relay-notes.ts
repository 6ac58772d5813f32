import { judgeNoted, type NotedEnd } from '../domain/event-note.ts';
import type { Bell } from '../domain/job.ts';
import type { DueNote, NotedJob } from '../ports/event-notes.ts';
import type { JobStore, OwedEvent } from '../ports/job-store.ts';
import { type PublishEventsDeps, publishEvents } from './publish-events.ts';

/** Notes of one look. */
const NOTES = 20;
/** Events that are published together at most, but for a note that has more. */
const EVENTS = 1_000;

export interface NoteRelayDeps extends PublishEventsDeps {
  readonly store: JobStore;
}

export interface RelayedNotes {
  /** Events confirmed. */
  readonly published: number;
  readonly isMore: boolean;
}

/**
 * T12 for ends that are owed by notes: publishes what a majority shows as committed under the note's claim. What may be committed yet, and
 * what was not confirmed, stays in the note; the rest is owed by others, or by nobody.
 */
export async function relayNotes(deps: NoteRelayDeps): Promise<RelayedNotes> {
  const { store } = deps;
  const due = await store.dueNotes(NOTES);
  const notes = upTo(due, EVENTS);
  if (notes.length === 0) return { published: 0, isMore: false };
  const judged = await judgeAll(store, notes);
  const { confirmed } = await publishEvents(
    deps,
    judged.flatMap(({ owed }) => owed),
  );
  const told = new Set(confirmed.map(({ id }) => id));
  const left = judged.map(({ note, owed, open }) => ({
    ...note,
    jobs: [...open, ...owed.filter(({ id }) => !told.has(id)).map(bellIn(note))],
  }));
  await Promise.all([
    store.removeNotes(left.filter(({ jobs }) => jobs.length === 0).map(({ id }) => id)),
    ...left.filter(({ jobs }) => jobs.length > 0).map((note) => store.postponeNote(note)),
  ]);
  return { published: confirmed.length, isMore: due.length === NOTES || notes.length < due.length };
}

interface JudgedNote {
  readonly note: DueNote;
  readonly owed: readonly OwedEvent[];
  readonly open: readonly Bell[];
}

async function judgeAll(store: JobStore, notes: readonly DueNote[]): Promise<readonly JudgedNote[]> {
  const ids = notes.flatMap(({ jobs }) => jobs.map(({ id }) => id));
  const records = new Map((await store.readNoted(ids)).map((record) => [record.id, record]));
  // After a fail-over a majority may show less than it did, for a moment: gone is what this node does not have either.
  const unseen = ids.filter((id) => !records.has(id));
  const here = new Set(unseen.length > 0 ? (await store.read(unseen, 'local')).map(({ id }) => id) : []);
  return notes.map((note) => {
    const fates = note.jobs.map((job) => {
      const record = records.get(job.id);
      const end: NotedEnd = here.has(job.id) ? 'open' : judgeNoted(note.id, job.gen, record);
      return { job, record, end };
    });
    return {
      note,
      owed: fates.flatMap(({ record, end }) => (record && end === 'owed' ? [eventOf(record)] : [])),
      open: fates.flatMap(({ job, end }) => (end === 'open' ? [job] : [])),
    };
  });
}

function eventOf({ gen: _, results: __, evt, ...told }: NotedJob): OwedEvent {
  return { ...told, seq: evt!.seq };
}

const bellIn =
  ({ jobs }: DueNote) =>
  ({ id }: OwedEvent): Bell =>
    jobs.find((job) => job.id === id)!;

/** The first ones, as long as they have so many jobs; at least one. */
function upTo(notes: readonly DueNote[], most: number): readonly DueNote[] {
  let jobs = 0;
  return notes.filter((note, index) => (jobs += note.jobs.length) <= most || index === 0);
}
