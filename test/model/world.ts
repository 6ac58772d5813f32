import type { JobRecord } from '../../shared/domain/job.ts';
import type { MemoryHolder } from '../support/memory-places.ts';

/** A job record as the model keeps it: canonical, one object a value. An empty key: as a transition left it. */
export interface Rec {
  readonly key: string;
  readonly job: JobRecord;
}

/** A doorbell of one job, in a message. `job` is an index. */
export interface ModelBell {
  readonly job: number;
  readonly gen: number;
}

/** A message in a stage queue; equal ones are one (a duplicate is a fault of its own). */
export interface Message {
  readonly stage: number;
  readonly bells: readonly ModelBell[];
  readonly isRedelivered: boolean;
  /** An operator moved it here from the dead letters. */
  readonly isByHand: boolean;
}

export interface Letter extends ModelBell {
  readonly stage: number;
}

/**
 * Where the work on one bell stands: `got` (delivered), `miss` (claim tried, not known to be won), `replaying`, `settling`,
 * `suspect` (won, has crashed a worker before), `held` (handler runs), `ending` (its end is being written), `reading` (its
 * outcome is read back), `lost` (a fence miss: the bell is owed again first), `split` (message of several jobs, redelivered),
 * `fused` (handler runs without a claim), `turn` (won, a place of its limit is to be taken), `freeing` (its end is written, its
 * place is to be given back).
 */
export type Place =
  | 'got'
  | 'miss'
  | 'replaying'
  | 'settling'
  | 'turn'
  | 'suspect'
  | 'held'
  | 'ending'
  | 'reading'
  | 'lost'
  | 'split'
  | 'fused'
  | 'freeing';

export type EndKind = 'done' | 'retry' | 'reject' | 'release' | 'releaseLater' | 'wait' | 'fused';

/** One bell in a worker's hands. */
export interface Ticket {
  readonly at: Place;
  readonly job: number;
  readonly stage: number;
  readonly gen: number;
  readonly isByHand: boolean;
  readonly isRedelivered: boolean;
  /** The message that its acknowledgement removes; absent once acknowledged, or its channel has closed. */
  readonly message?: Message;
  readonly claim?: string;
  /** Of the record as won. */
  readonly attempt?: number;
  readonly isSuspect?: boolean;
  readonly end?: EndKind;
  /** It is no longer written together with others of its batch. */
  readonly isAlone?: true;
  /** Token of the debt that its end makes. */
  readonly token?: string;
  /** A durable note owes the event of its end. */
  readonly isNoted?: boolean;
  /** Its next bell is out before its end is written; a worker has given that bell up; the broker has not confirmed it. */
  readonly early?: 'out' | 'given up' | 'not rung';
  /** Number of the event that its end would have, by the record as its worker has it. In slices with events. */
  readonly seq?: number;
  /** Its claim has taken a place: `sure`, or its process was away for longer than a place lasts and has not looked since. */
  readonly turn?: 'sure' | 'away';
}

/** A worker process: the tickets that it holds. */
export type Worker = readonly Ticket[];

/** A confirmed ring whose mark is not written yet. */
export interface Mark {
  readonly job: number;
  readonly gen: number;
  readonly token: string;
}

/** Somebody who calls jobs to free places: looks who waits, keeps a place for it, owes its bell. */
export interface Caller {
  readonly at: 'looking' | 'keeping' | 'calling';
  /** That was found. */
  readonly job: number;
  readonly gen: number;
}

/** It is at work, or its process is away for longer than a place lasts, or neither. */
export type Stranger = 'none' | 'sure' | 'away';

/** What a note of a batch owes for one of its jobs, at the generation that the commit would find. */
export interface ModelNote extends ModelBell {
  readonly claim: string;
}

/** A terminal event under way in a scheduler, or in the worker that has committed the end. */
export interface EventWork {
  readonly job: number;
  readonly seq: number;
  readonly by?: 'worker';
  /** Claim of the note that owes it; absent: the record does. */
  readonly note?: string;
  readonly at: 'found' | 'confirmed' | 'unconfirmed';
}

/** The whole: what the store has, what no fail-over can take back, the broker, the workers, what is under way. */
export interface World {
  readonly local: readonly Rec[];
  readonly durable: readonly Rec[];
  /** Notes of events, and those that no fail-over can take back. */
  readonly notes: readonly ModelNote[];
  readonly durableNotes: readonly ModelNote[];
  readonly queue: readonly Message[];
  readonly letters: readonly Letter[];
  readonly workers: readonly Worker[];
  readonly marks: readonly Mark[];
  readonly deadMarks: readonly Mark[];
  readonly events: readonly EventWork[];
  /** By job: the newest terminal event that was confirmed, by its number; 0 = none. */
  readonly told: readonly number[];
  /** Of the limit: who has its places, as this node has it, and what no fail-over can take back. */
  readonly places: readonly MemoryHolder[];
  readonly durablePlaces: readonly MemoryHolder[];
  readonly callers: readonly Caller[];
  /** How many places there are; 0: no limit is set. */
  readonly limit: number;
  /** A job of elsewhere under the same limit, of which only its place is followed. */
  readonly stranger: Stranger;
  readonly key: string;
}

/** A world that a step is changing. */
export interface Draft {
  local: Rec[];
  durable: Rec[];
  notes: readonly ModelNote[];
  durableNotes: readonly ModelNote[];
  queue: Message[];
  letters: Letter[];
  workers: Worker[];
  marks: Mark[];
  deadMarks: Mark[];
  events: EventWork[];
  told: number[];
  places: readonly MemoryHolder[];
  durablePlaces: readonly MemoryHolder[];
  callers: Caller[];
  limit: number;
  stranger: Stranger;
  /** The first property that the step breaks. */
  broken?: string;
}

export function draftOf(world: World): Draft {
  return {
    local: world.local.slice(),
    durable: world.durable.slice(),
    notes: world.notes,
    durableNotes: world.durableNotes,
    queue: world.queue.slice(),
    letters: world.letters.slice(),
    workers: world.workers.slice(),
    marks: world.marks.slice(),
    deadMarks: world.deadMarks.slice(),
    events: world.events.slice(),
    told: world.told.slice(),
    places: world.places,
    durablePlaces: world.durablePlaces,
    callers: world.callers.slice(),
    limit: world.limit,
    stranger: world.stranger,
  };
}
