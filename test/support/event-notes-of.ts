import type { Collection, Document } from 'mongodb';

/** The notes of events that are not told yet (docs/protocol.md, T12), beside these jobs. */
export function eventNotesOf<T extends Document>(jobs: Collection<T>): Collection<{ readonly due: Date }> {
  return jobs.db.collection('event_notes');
}
