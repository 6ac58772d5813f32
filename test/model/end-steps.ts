import type { JobRecord } from '../../shared/domain/job.ts';
import type { StageEnd } from '../../shared/domain/stage-end.ts';
import type { Transition } from '../../shared/domain/transition.ts';
import { claimCommit, rearm } from '../../shared/domain/transitions.ts';
import { TURN_WAIT_MS } from '../../shared/jobs/turns/turns.ts';
import { LIMIT_NAME } from './limit.ts';
import { PROPERTIES } from './properties.ts';
import type { Ring, RingOption } from './step-maker.ts';
import { FRESH, WorkerHands } from './worker-hands.ts';
import type { Draft, EndKind, Ticket } from './world.ts';

const ERROR = { code: 'model', message: 'model', errorClass: 'retry' } as const;

/** The end of an attempt: its write, the read-back where that is unknown, and what follows a fence miss. */
export class EndSteps extends WorkerHands {
  /** @returns the transition that records this end, decided by the code. */
  transitionOf(ticket: Ticket): Transition {
    const { protocol, type } = this.maker.model;
    if (ticket.end === 'fused') return this.#fusedTransition(ticket);
    const record = { ...this.local(ticket), stage: ticket.stage, attempt: ticket.attempt ?? 1 };
    const { claim: claimId, token, isNoted = false } = ticket;
    const terms = { claim: claimId!, token: token!, random: 0.5, isNoted, isTold: this.#isTold };
    return protocol.endTransition(endOf(ticket.end!), record, type, terms);
  }

  #fusedTransition({ stage, gen, claim: claimId, token, isNoted = false }: Ticket): Transition {
    const last = stage === this.maker.model.type.stages.length - 1;
    return claimCommit({ stage, gen, claim: claimId!, token: token!, last, retainMs: 1, tookMs: 1, isNoted, isTold: this.#isTold });
  }

  get #isTold(): boolean {
    return this.maker.model.features.events === true;
  }

  /** As shared/jobs/tell-ends.ts: the worker itself publishes the event, and settles what owes it. */
  #tell(draft: Draft, tickets: readonly Ticket[], transition: Transition): void {
    if (!this.#isTold || transition.set?.['state'] !== 'COMPLETED') return;
    for (const { job, seq, isNoted, claim: note } of tickets)
      draft.events.push({ job, seq: seq!, by: 'worker', at: 'found', ...(isNoted && { note: note! }) });
  }

  nextBell(ticket: Ticket, transition: Transition): { stage: number; gen: number } | undefined {
    if (ticket.end === 'releaseLater' || ticket.end === 'wait') return undefined;
    return this.maker.model.protocol.nextBellAfter(transition, { ...this.local(ticket), stage: ticket.stage, gen: ticket.gen });
  }

  end(ticket: Ticket, index: number): void {
    // Others of the same write: a batch that is written for the first time.
    const group = this.tickets.flatMap((one, at) => (isTogether(one, ticket) ? [at] : []));
    if (group.length > 1 && group[0] === index) this.writeEnd(group);
    if (group.length === 1) this.writeEnd([index]);
  }

  writeEnd(group: readonly number[], tickets: readonly Ticket[] = group.map((at) => this.tickets[at]!)): void {
    const first = tickets[0]!;
    const transition = this.transitionOf(first);
    for (const ring of this.#ringsAfter(tickets, transition))
      this.maker.write({
        label: `${this.say(tickets, `ends an attempt: ${transition.name}`)}${ring.label}`,
        jobs: tickets.map(({ job }) => job),
        transition: () => transition,
        key: `${transition.name} ${first.end} ${first.isNoted ? 'noted' : ''} ${first.claim} ${first.token} ${first.attempt} ${first.stage} ${first.gen}`,
        by: tickets,
        isFair: ring.isFair,
        after: (draft, answer, matched) => {
          const isWhole = answer === 'ok' && matched.every(Boolean);
          if (isWhole || this.maker.model.protocol.workerTells === 'sent') this.#tell(draft, tickets, transition);
          for (const at of [...group].reverse()) {
            // A batch that did not go through as a whole is finished one by one, by the write again.
            const { end, token } = first;
            const next: Partial<Ticket> = group.length > 1 ? { at: 'ending', isAlone: true } : { at: 'reading' };
            if (!isWhole) this.put(draft, at, { ...next, end: end!, token: token! });
            else this.leave(draft, tickets[group.indexOf(at)]!, at);
          }
          if (isWhole) ring.apply(draft);
        },
      });
  }

  /** What follows an end that is durable: its bells, or the mark of the one that left early and was not given up. */
  #ringsAfter(tickets: readonly Ticket[], transition: Transition): readonly RingOption[] {
    const rings = tickets.flatMap((one) => this.#ringOf(one, transition));
    const { early, job } = tickets[0]!;
    const { ringsEarly } = this.maker.model.protocol;
    if (early === 'not rung') return [{ label: '', isFair: true, apply: (draft) => this.maker.dropMarks(draft, job) }];
    if (ringsEarly === 'at once' && early) return [{ label: '', isFair: true, apply: () => {} }];
    return early === 'out' || (early && ringsEarly === 'late') ? rings.map((ring) => this.maker.marks(ring)) : this.maker.rings(rings);
  }

  #ringOf(ticket: Ticket, transition: Transition): Ring[] {
    const next = this.nextBell(ticket, transition);
    return next ? [{ job: ticket.job, token: ticket.token!, ...next }] : [];
  }

  readBack(ticket: Ticket, index: number): void {
    const { protocol } = this.maker.model;
    const transition = this.transitionOf(ticket);
    const record = protocol.readBack === 'local' ? this.local(ticket) : this.durable(ticket);
    const isHolder = ({ state, claim: by, gen, stage }: JobRecord): boolean =>
      ticket.end === 'fused'
        ? state === 'QUEUED' && gen === ticket.gen && stage === ticket.stage
        : state === 'RUNNING' && by === ticket.claim;
    if (hasEvidence(record, ticket.claim!, transition.name)) return this.#afterReadBack(ticket, index, transition);
    if (isHolder(record))
      return this.maker.add(this.say(ticket, 'reads that its end was not written'), true, (draft) =>
        this.put(draft, index, { at: 'ending' }),
      );
    this.maker.add(this.say(ticket, 'reads that it was fenced'), true, (draft) => {
      if (isHolder(this.local(ticket))) draft.broken ??= `${PROPERTIES.giveUp}: the record is RUNNING under its claim`;
      this.leave(draft, ticket, index, { at: 'lost' });
    });
  }

  #afterReadBack(ticket: Ticket, index: number, transition: Transition): void {
    const { acksReadBack, ringsReadBack, workerTells } = this.maker.model.protocol;
    const isRung = ringsReadBack === 'all' || ticket.end !== 'release';
    for (const ring of this.maker.rings(isRung ? this.#ringOf(ticket, transition) : []))
      this.maker.add(`${this.say(ticket, 'reads that its end was written')}${ring.label}`, ring.isFair, (draft) => {
        ring.apply(draft);
        if (workerTells === 'read back') this.#tell(draft, [ticket], transition);
        this.leave(draft, ticket, index, acksReadBack ? undefined : { at: 'lost' });
      });
  }

  settleAfterFenceMiss(ticket: Ticket, index: number): void {
    const { protocol } = this.maker.model;
    const { gen, job, claim: claimId } = ticket;
    const { state, gen: has } = this.local(ticket);
    if (protocol.rearmsAfterFenceMiss && state === 'QUEUED' && has === gen)
      return this.maker.write({
        label: this.say(ticket, 'owes the bell again'),
        jobs: [job],
        transition: () => rearm(gen, FRESH),
        key: `rearm ${gen}`,
        after: (draft, answer, matched) => {
          if (answer === 'ok' && matched[0]) this.settle(draft, index);
        },
      });
    if (has < gen && this.evidence(ticket).gen < gen)
      return this.maker.add(this.say(ticket, 'gives up a bell whose generation was taken back'), true, (draft) =>
        this.giveUp(draft, ticket, index),
      );
    if (!protocol.mayAcknowledge(this.bell(ticket), ticket.stage, this.evidence(ticket), claimId)) return;
    this.maker.add(this.say(ticket, 'acknowledges after a fence miss'), true, (draft) => this.settle(draft, index));
  }
}

function endOf(end: Exclude<EndKind, 'fused'>): StageEnd {
  switch (end) {
    case 'retry':
    case 'reject':
      return { kind: end, error: ERROR };
    case 'releaseLater':
      return { kind: 'release', afterMs: 1 };
    case 'wait':
      return { kind: 'release', afterMs: TURN_WAIT_MS, waitsFor: LIMIT_NAME };
    default:
      return { kind: end };
  }
}

function isTogether(one: Ticket, other: Ticket): boolean {
  if (one === other) return true;
  const isShared = one.claim === other.claim && one.token === other.token && one.end === other.end;
  return isShared && one.at === 'ending' && other.at === 'ending' && !one.isAlone && !other.isAlone;
}

const EVIDENCE: Readonly<Record<string, string>> = { fail: 'retry', dead: 'dead', release: 'released' };

/** As shared/jobs/finish-stage.ts decides it. */
function hasEvidence(record: JobRecord, claimId: string, name: string): boolean {
  if (name === 'commit' || name === 'claim_commit') return record.results.some((one) => one.claim === claimId);
  return record.log.some((one) => one.claim === claimId && one.event === EVIDENCE[name]);
}
