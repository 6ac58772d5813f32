import { StoreUnavailableError } from '../domain/failures.ts';
import type { Clock } from '../ports/clock.ts';
import type { EventNotes } from '../ports/event-notes.ts';
import type { Logger } from '../ports/logger.ts';
import type { Work } from './run-handlers.ts';
import type { CommittedEnd, EndTeller } from './tell-ends.ts';

/**
 * Jobs of a batch from which on their events are owed by one note. A note costs the database two writes of one document, as much as
 * what some 24 records cost that owe their own (docs/decisions.md); below, a batch waits for nothing.
 */
export const NOTED_FROM = 32;
/**
 * How much longer than its handlers a batch waits for its note; then its records owe their events themselves. Long: where one durable write is
 * slow, the commit is as slow, and would be no sooner without the note.
 */
const NOTE_WAIT_MS = 2_000;

export interface NoteDeps {
  readonly store: Pick<EventNotes, 'insertNote'>;
  readonly teller: Pick<EndTeller, 'tellNoted'>;
  readonly clock: Clock;
  readonly closed: AbortSignal;
  readonly logger: Logger;
  /** Default: NOTED_FROM. */
  readonly notedFrom?: number;
}

/** A note that is being stored while its batch is worked. */
export interface NoteUnderWay {
  /** Whether it is durable, so that the commit may leave the event to it. To be asked when the batch has nothing else to wait for. */
  isDurable(): Promise<boolean>;
  /** The commits that were left to it are written. */
  committed(ends: readonly CommittedEnd[]): void;
}

/** Each record owes the event of its end itself. */
export const NO_NOTE: NoteUnderWay = { isDurable: async () => false, committed: () => undefined };

/**
 * Begins to store the note of a batch (docs/protocol.md, T12), where these works are the last stage of enough jobs. It must be durable before the
 * commit is sent: a commit that survives a fail-over, and its note not, is an end that nobody tells.
 * @param works of one claim, which has no other note.
 */
export function noteEnds(deps: NoteDeps, works: readonly Work[]): NoteUnderWay {
  const [first] = works;
  if (!first || works.length < (deps.notedFrom ?? NOTED_FROM) || first.stage !== first.type.stages.at(-1)) return NO_NOTE;
  const { claim } = first.won;
  const jobs = works.map(({ won: { record } }) => ({ id: record.id, gen: record.gen }));
  let isStored: boolean | undefined;
  const storing = store(deps, { id: claim, jobs }).then((answer) => (isStored = answer));
  return {
    isDurable: async () => isStored ?? within(deps, storing),
    committed: (ends) => deps.teller.tellNoted(claim, ends),
  };
}

/** @returns false where it is not stored, or nobody knows: then the records owe their events themselves. */
async function store({ store: notes, logger }: NoteDeps, note: Parameters<EventNotes['insertNote']>[0]): Promise<boolean> {
  try {
    await notes.insertNote(note);
    return true;
  } catch (error) {
    if (!(error instanceof StoreUnavailableError)) logger.error({ err: error, jobs: note.jobs.length }, 'storing an event note failed');
    return false;
  }
}

async function within({ clock, closed }: NoteDeps, storing: Promise<boolean>): Promise<boolean> {
  const enough = new AbortController();
  const late = clock.sleep(NOTE_WAIT_MS, AbortSignal.any([closed, enough.signal])).then(() => false);
  try {
    return await Promise.race([storing, late]);
  } finally {
    enough.abort('over');
  }
}
