import { freePlace, type MemoryHolder, renewPlaces, takePlace } from '../support/memory-places.ts';
import { turnOf } from './limit.ts';
import { checkPlaces } from './properties.ts';
import { FRESH, WorkerHands } from './worker-hands.ts';
import type { Draft, Ticket } from './world.ts';

const NOW_MS = 0;
/** A place that lasts. */
const FOR_MS = 1;

/** A worker's part in the places of a limit (shared/jobs/turns/turns.ts). */
export class PlaceSteps extends WorkerHands {
  /** Between claim and handler. */
  take(ticket: Ticket, index: number): void {
    const turn = turnOf(this.local(ticket), this.maker.world.limit);
    const go = { at: ticket.isSuspect && this.maker.model.protocol.quarantine !== 'none' ? 'suspect' : 'held' } as const;
    if (!turn) return this.maker.add(this.say(ticket, 'needs no place any more'), true, (draft) => this.put(draft, index, go));
    this.maker.writePlaces({
      label: this.say(ticket, 'takes a place'),
      change: (holders) => this.#taken(holders, ticket, turn.places),
      after: (draft, answer) => {
        if (answer !== 'ok') return;
        if (!draft.places.some(({ claim }) => claim === ticket.claim))
          return this.put(draft, index, { at: 'ending', end: 'wait', token: FRESH });
        this.put(draft, index, { ...go, turn: 'sure' });
        checkPlaces(draft);
      },
    });
  }

  #taken(holders: readonly MemoryHolder[], { job, claim }: Ticket, places: number): readonly MemoryHolder[] {
    const isOwn = (one: MemoryHolder): boolean => this.maker.model.protocol.takesPlaceOf === 'job' && one.jobId === String(job);
    const others = holders.filter((one) => !isOwn(one));
    return takePlace(others, { jobId: String(job), claim: claim!, places, forMs: FOR_MS }, NOW_MS).holders;
  }

  /** Back after an absence: its place may be another's by now. */
  renew(ticket: Ticket, index: number): void {
    const { protocol, features } = this.maker.model;
    this.maker.writePlaces({
      label: this.say(ticket, 'renews its place'),
      change: (holders) => renewPlaces(holders, [ticket.claim!], NOW_MS + FOR_MS),
      after: (draft, answer) => {
        if (answer !== 'ok') return;
        const hasPlace = draft.places.some(({ claim }) => claim === ticket.claim);
        if (!hasPlace && protocol.stopsWithoutPlace) return this.put(draft, index, { at: 'ending', end: 'release', token: FRESH });
        this.put(draft, index, { turn: 'sure' });
        // A limit that was lowered does not end what runs.
        if (features.limit !== 'changes') checkPlaces(draft);
      },
    });
  }

  giveBack(ticket: Ticket, index: number): void {
    this.#free(ticket, (draft) => this.settle(draft, index));
  }

  /** Only in a mutant: its end is not written yet. */
  giveBackEarly(ticket: Ticket): void {
    const hasPlace = this.maker.world.places.some(({ claim }) => claim === ticket.claim);
    if (ticket.turn && hasPlace && this.maker.model.protocol.freesPlace === 'before its end') this.#free(ticket, () => {});
  }

  #free(ticket: Ticket, then: (draft: Draft) => void): void {
    this.maker.writePlaces({
      label: this.say(ticket, 'gives its place back'),
      change: (holders) => freePlace(holders, ticket.claim!, NOW_MS),
      after: (draft, answer) => {
        then(draft);
        // What cannot be given back is free by itself later; nobody is called then.
        if (answer === 'ok') draft.callers.push({ at: 'looking', job: 0, gen: 0 });
      },
    });
  }
}
