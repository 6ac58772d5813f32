import { heartbeat } from '../../shared/domain/transitions.ts';
import type { ClaimSteps } from './claim-steps.ts';
import type { EndSteps } from './end-steps.ts';
import { isOver } from './model.ts';
import type { StepMaker } from './step-maker.ts';
import { FRESH, WorkerHands } from './worker-hands.ts';
import type { Draft, EndKind, Ticket } from './world.ts';

/** A handler that runs: under a claim, in quarantine, or without a claim. */
export class RunSteps extends WorkerHands {
  readonly #claims: ClaimSteps;
  readonly #ends: EndSteps;

  constructor(maker: StepMaker, worker: number, claims: ClaimSteps, ends: EndSteps) {
    super(maker, worker);
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
        if (answer === 'ok') this.put(draft, index, { at: matched[0] ? 'held' : 'lost' });
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
      const isEarly = end === 'done' && protocol.ringsEarly !== 'no';
      if (!isEarly)
        this.#ends.writeEnd(
          group,
          group.map((at) => ({ ...this.tickets[at]!, end, token: FRESH })),
        );
      else
        this.maker.add(this.say(ticket, 'ends its handler and rings before the commit'), true, (draft) => {
          this.put(draft, index, { at: 'ending', end, token: FRESH });
          this.#ringEarly(draft, ticket);
        });
    }
  }

  /** The next stage's bell leaves while its commit is under way. */
  #ringEarly(draft: Draft, ticket: Ticket): void {
    const next = this.#ends.nextBell(ticket, this.#ends.transitionOf({ ...ticket, end: 'done', token: FRESH }));
    if (!next) return;
    const isMarked = this.maker.model.protocol.ringsEarly === 'marked';
    this.maker.rings([{ job: ticket.job, token: FRESH, isMarked, ...next }])[0]!.apply(draft);
  }

  /** The handler has run without a claim: one write claims and commits; a failure is written under a claim. */
  endFused(ticket: Ticket, index: number): void {
    const { features } = this.maker.model;
    if (features.poison && ticket.job === 0) return;
    this.maker.add(this.say(ticket, 'ends its handler'), true, (draft) =>
      this.put(draft, index, { at: 'ending', end: 'fused', claim: FRESH, token: FRESH }),
    );
    if (features.retry) this.#claims.claim([ticket], [index], FRESH, { end: 'retry' });
  }
}
