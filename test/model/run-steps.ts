import { heartbeat } from '../../shared/domain/transitions.ts';
import type { ClaimSteps } from './claim-steps.ts';
import type { EndSteps } from './end-steps.ts';
import { isOver } from './model.ts';
import { PlaceSteps } from './place-steps.ts';
import { makeDurable, type StepMaker } from './step-maker.ts';
import { FRESH, WorkerHands } from './worker-hands.ts';
import type { Draft, EndKind, Ticket } from './world.ts';

/** A handler that runs: under a claim, in quarantine, or without a claim. */
export class RunSteps extends WorkerHands {
  readonly #claims: ClaimSteps;
  readonly #ends: EndSteps;
  readonly #places: PlaceSteps;

  constructor(maker: StepMaker, worker: number, claims: ClaimSteps, ends: EndSteps) {
    super(maker, worker);
    this.#places = new PlaceSteps(maker, worker);
    this.#claims = claims;
    this.#ends = ends;
  }

  enterQuarantine(ticket: Ticket, index: number): void {
    const { protocol } = this.maker.model;
    const isBusy = this.tickets.some((one, at) => at !== index && one.isSuspect === true && this.#isInQuarantine(one));
    if (isBusy && protocol.quarantine === 'wait') return;
    if (isBusy)
      return this.maker.add(this.say(ticket, 'has no room in quarantine'), true, (draft) =>
        this.put(draft, index, { at: 'ending', end: 'releaseLater', token: FRESH }),
      );
    if (!protocol.makesSuspectsDurable)
      return this.maker.add(this.say(ticket, 'starts the handler of a suspect'), true, (draft) => this.put(draft, index, { at: 'held' }));
    this.maker.write({
      label: this.say(ticket, 'makes the claim of a suspect durable'),
      jobs: [ticket.job],
      transition: () => heartbeat([ticket.claim!], 1, 'majority'),
      key: `durable heartbeat ${ticket.claim}`,
      by: [ticket],
      after: (draft, answer, matched) => {
        if (answer !== 'ok') return;
        if (matched[0]) this.put(draft, index, { at: 'held' });
        else this.leave(draft, ticket, index, { at: 'lost' });
      },
    });
  }

  #isInQuarantine({ at, end }: Ticket): boolean {
    return at === 'held' || ((at === 'ending' || at === 'reading') && end !== 'releaseLater');
  }

  hold(ticket: Ticket, index: number): void {
    const { features, protocol } = this.maker.model;
    if (isOver(this.local(ticket).lease?.until) && this.local(ticket).claim === ticket.claim)
      this.maker.write({
        label: this.say(ticket, 'renews its lease'),
        jobs: [ticket.job],
        transition: () => heartbeat([ticket.claim!], 1),
        key: `heartbeat ${ticket.claim}`,
        by: [ticket],
        after: () => {},
      });
    if (ticket.turn === 'away') this.#places.renew(ticket, index);
    if (features.longRuns && ticket.message && protocol.mayAcknowledge(this.bell(ticket), ticket.stage, this.evidence(ticket), undefined))
      this.maker.add(this.say(ticket, 'acknowledges a long run early'), true, (draft) =>
        this.put(draft, index, { message: undefined as never }),
      );
    if (features.poison && ticket.job === 0) return;
    const ends: EndKind[] = ['done', ...(features.retry ? (['retry'] as const) : []), ...(features.reject ? (['reject'] as const) : [])];
    if (features.release) ends.push('release');
    for (const end of ends) {
      // What shares a claim and ends alike is written together; something else ends by itself.
      const group =
        features.batch && end === 'done'
          ? this.tickets.flatMap((one, at) => (one.at === 'held' && one.claim === ticket.claim ? [at] : []))
          : [index];
      if (group[0] !== index) continue;
      if (end === 'done' && this.#isNoted(ticket)) {
        this.#note(group, { end, token: FRESH, claim: ticket.claim! });
        continue;
      }
      if (end === 'done' && group.length === 1 && this.#endsEarly(ticket, index, { end, token: FRESH })) continue;
      this.#ends.writeEnd(
        group,
        group.map((at) => ({ ...this.tickets[at]!, end, token: FRESH })),
      );
    }
  }

  #isNoted({ stage }: Ticket): boolean {
    const { features, type } = this.maker.model;
    return features.notes === true && stage === type.stages.length - 1;
  }

  /** The note is stored before the commit is sent; where that is not sure, the commit is made without it. */
  #note(group: readonly number[], ending: Partial<Ticket> & { readonly claim: string }): void {
    const { features, protocol } = this.maker.model;
    const tickets = group.map((at) => this.tickets[at]!);
    const end = (draft: Draft, isNoted: boolean): void => {
      for (const at of group) this.put(draft, at, { at: 'ending', ...ending, ...(isNoted && { isNoted }) });
    };
    const store = (draft: Draft, isDurable: boolean): void => {
      draft.notes = [...draft.notes, ...tickets.map(({ job, gen }) => ({ job, gen, claim: ending.claim }))];
      if (isDurable || !features.failover) makeDurable(draft);
    };
    const step = (what: string, isFair: boolean, change: (draft: Draft) => void): void =>
      this.maker.add(this.say(tickets, what), isFair, change);
    if (protocol.reliesOnNote === 'nothing')
      return step('leaves its event to a note that is not stored yet', true, (draft) => end(draft, true));
    step('stores its note', true, (draft) => {
      store(draft, protocol.reliesOnNote === 'durable');
      end(draft, true);
    });
    if (!features.unknown) return;
    step('stores its note: fails', false, (draft) => end(draft, false));
    step('stores its note: applied, reported as failed', false, (draft) => {
      store(draft, false);
      end(draft, false);
    });
  }

  /** A lone job's next bell leaves while its commit is under way. @returns false where there is none. */
  #endsEarly(ticket: Ticket, index: number, ending: Partial<Ticket>): boolean {
    const { ringsEarly } = this.maker.model.protocol;
    const next = ringsEarly === 'no' ? undefined : this.#ends.nextBell(ticket, this.#ends.transitionOf({ ...ticket, ...ending }));
    if (!next) return false;
    const rings = this.maker.rings([{ job: ticket.job, token: FRESH, isMarked: ringsEarly === 'at once', ...next }]);
    for (const ring of rings)
      this.maker.add(`${this.say(ticket, 'ends its handler')}${ring.label} before the commit`, ring.isFair, (draft) => {
        ring.apply(draft);
        this.put(draft, index, { at: 'ending', ...ending, early: ring.isFair || ring.isLost ? 'out' : 'not rung' });
      });
    return true;
  }

  /** The handler has run without a claim: one write claims and commits; a failure is written under a claim. */
  endFused(ticket: Ticket, index: number): void {
    const { features } = this.maker.model;
    if (features.poison && ticket.job === 0) return;
    const ending = { end: 'fused', claim: FRESH, token: FRESH } as const;
    if (this.#isNoted(ticket)) this.#note([index], ending);
    else if (!this.#endsEarly(ticket, index, ending))
      this.maker.add(this.say(ticket, 'ends its handler'), true, (draft) => this.put(draft, index, { at: 'ending', ...ending }));
    if (features.retry) this.#claims.claim([ticket], [index], FRESH, { end: 'retry' });
  }
}
