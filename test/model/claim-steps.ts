import type { JobRecord } from '../../shared/domain/job.ts';
import { claim, rearm, replay } from '../../shared/domain/transitions.ts';
import { turnOf } from './limit.ts';
import { PROPERTIES } from './properties.ts';
import { FRESH, WorkerHands } from './worker-hands.ts';
import type { Draft, EndKind, Ticket } from './world.ts';

interface HowToClaim {
  /** Further bells of the same jobs, by index. */
  readonly repeats?: readonly number[];
  /** How the handler has ended already, without a claim. */
  readonly end?: EndKind;
  readonly before?: (draft: Draft) => void;
  readonly what?: string;
}

/** A claim, what a bell means that did not win, and its acknowledgement. */
export class ClaimSteps extends WorkerHands {
  start(ticket: Ticket, index: number): void {
    const { features } = this.maker.model;
    if (this.#canFuse(ticket))
      return this.maker.add(this.say(ticket, 'runs its handler without a claim'), true, (draft) =>
        this.put(draft, index, { at: 'fused', ...this.#numbered(this.local(ticket)) }),
      );
    if (!features.batch) this.claim([ticket], [index], FRESH);
    if (features.longRuns) this.#park(ticket, index);
  }

  /** Bells of equal stage and generation share one write and one claim. */
  claimBatch(): void {
    if (!this.maker.model.features.batch) return;
    const groups = new Map<string, number[]>();
    for (const [index, one] of this.tickets.entries()) {
      if (one.at !== 'got') continue;
      const key = `${one.stage}:${one.gen}`;
      groups.set(key, [...(groups.get(key) ?? []), index]);
    }
    for (const group of groups.values()) {
      const first = group.filter(
        (at, position) => group.findIndex((other) => this.tickets[other]!.job === this.tickets[at]!.job) === position,
      );
      this.claim(
        first.map((at) => this.tickets[at]!),
        first,
        FRESH,
        { repeats: group.filter((at) => !first.includes(at)) },
      );
      // Bells that came later are claimed by themselves.
      if (group.length > 1) for (const at of group) this.claim([this.tickets[at]!], [at], FRESH);
    }
  }

  claim(tickets: readonly Ticket[], indexes: readonly number[], claimId: string, how: HowToClaim = {}): void {
    const { stage, gen } = tickets[0]!;
    const { repeats = [], end, before, what = end ? `claims to write: ${end}` : 'claims' } = how;
    this.maker.write({
      label: this.say(tickets, what),
      isFair: !what.includes('again'),
      ...(before && { before }),
      jobs: tickets.map(({ job }) => job),
      transition: () => claim({ stage, gen, claim: claimId, owner: 'w', leaseMs: 1 }),
      key: `claim ${stage} ${gen} ${claimId}`,
      by: tickets,
      after: (draft, answer, matched) => {
        for (const [position, index] of indexes.entries()) {
          const isWon = answer === 'ok' && matched[position]!;
          const won = isWon ? this.#won(draft.local[tickets[position]!.job]!.job, claimId, draft.limit) : undefined;
          if (won && end) this.put(draft, index, { ...won, at: 'ending', end, token: FRESH });
          else this.put(draft, index, won ?? { at: 'miss', claim: claimId });
        }
        const own = this.maker.model.protocol.sharesClaimWithRepeats ? claimId : 'n2';
        for (const index of repeats) this.put(draft, index, { at: 'miss', claim: own });
      },
    });
  }

  #won(record: JobRecord, claimId: string, limit: number): Partial<Ticket> {
    const { crashes, attempt } = record;
    const { quarantine } = this.maker.model.protocol;
    const isSuspect = crashes > 0 && quarantine !== 'none';
    const { acksBeforeCommit } = this.maker.model.protocol;
    const place = turnOf(record, limit) ? 'turn' : isSuspect ? 'suspect' : 'held';
    return {
      at: place,
      claim: claimId,
      attempt,
      ...this.#numbered(record),
      ...(crashes > 0 && { isSuspect: true }),
      ...(acksBeforeCommit && { message: undefined as never }),
    };
  }

  #numbered({ evt }: JobRecord): Partial<Ticket> {
    return this.maker.model.features.events ? { seq: (evt?.seq ?? 0) + 1 } : {};
  }

  lookIntoMiss(ticket: Ticket, index: number): void {
    const { protocol } = this.maker.model;
    const { claim: claimId, stage } = ticket;
    const record = protocol.readBack === 'local' ? this.local(ticket) : this.durable(ticket);
    switch (protocol.judgeBell(this.bell(ticket), stage, record, claimId)) {
      case 'won':
        return this.maker.add(this.say(ticket, 'reads that it has won'), true, (draft) =>
          this.put(draft, index, this.#won(record, claimId!, this.maker.world.limit)),
        );
      case 'claim_again':
        return this.claim([ticket], [index], claimId!);
      case 'early':
        return this.maker.add(this.say(ticket, 'gives up an early bell'), true, (draft) => this.giveUp(draft, ticket, index));
      case 'replay':
        return this.maker.add(this.say(ticket, 'takes the bell for a replay request'), true, (draft) =>
          this.put(draft, index, { at: 'replaying', token: FRESH }),
        );
      case 'stale':
        return this.settleIfSure(ticket, index);
    }
  }

  replay(ticket: Ticket, index: number): void {
    const { gen, stage, job, token } = ticket;
    const from = this.local(ticket);
    for (const ring of this.maker.rings([{ job, stage, gen: gen + 1, token: token! }])) {
      this.maker.write({
        label: `${this.say(ticket, 'replays')}${ring.label}`,
        jobs: [job],
        transition: () => replay({ gen, token: token! }),
        key: `replay ${gen} ${token}`,
        by: [ticket],
        isFair: ring.isFair,
        after: (draft, answer, matched) => {
          const isApplied = answer === 'lost' || matched[0] === true;
          if (isApplied && !ticket.isByHand) draft.broken ??= `${PROPERTIES.request}: a bell that nobody moved by hand replays the job`;
          if (isApplied && from.state !== 'FAILED')
            draft.broken ??= `${PROPERTIES.request}: a moved dead letter replays a job that is ${from.state}`;
          if (answer !== 'ok') return;
          if (matched[0]) ring.apply(draft);
          this.put(draft, index, { at: 'settling' });
        },
      });
    }
  }

  settleIfSure(ticket: Ticket, index: number): void {
    const { protocol } = this.maker.model;
    const record = this.evidence(ticket);
    if (!protocol.mayAcknowledge(this.bell(ticket), ticket.stage, record, undefined)) return;
    if (protocol.keepsMovedLetters && protocol.judgeBell(this.bell(ticket), ticket.stage, record, undefined) === 'replay') return;
    this.maker.add(this.say(ticket, 'acknowledges: nothing is left to do for this bell'), true, (draft) => {
      if (ticket.isByHand && isAskedFor(ticket, this.durable(ticket)) && !this.durable(ticket).removed)
        draft.broken ??= `${PROPERTIES.durableAck}: the job is FAILED as before`;
      this.settle(draft, index);
    });
  }

  #park(ticket: Ticket, index: number): void {
    const { gen, job } = ticket;
    this.maker.write({
      label: this.say(ticket, 'parks the bell'),
      jobs: [job],
      transition: () => rearm(gen, FRESH, 1, 'park'),
      key: `park ${gen}`,
      after: (draft, answer, matched) => {
        if (answer === 'ok' && matched[0]) this.settle(draft, index);
      },
    });
    this.settleIfSure(ticket, index);
  }

  #canFuse(ticket: Ticket): boolean {
    const { features, protocol } = this.maker.model;
    if (!features.fused || (ticket.isRedelivered && !protocol.fusesRedelivered)) return false;
    const { state, gen, stage, crashes } = this.local(ticket);
    return state === 'QUEUED' && gen === ticket.gen && stage === ticket.stage && (crashes === 0 || protocol.fusesRedelivered);
  }
}

/** The record is the one that the moved letter was written for. */
function isAskedFor({ gen, stage }: Ticket, record: JobRecord): boolean {
  return record.state === 'FAILED' && record.gen === gen && record.stage === stage;
}
