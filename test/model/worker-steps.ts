import type { JobRecord } from '../../shared/domain/job.ts';
import type { StageEnd } from '../../shared/domain/stage-end.ts';
import type { Transition } from '../../shared/domain/transition.ts';
import { claim, claimCommit, heartbeat, rearm, replay } from '../../shared/domain/transitions.ts';
import { isOver } from './model.ts';
import { PROPERTIES } from './properties.ts';
import { jobName, type Ring, type StepMaker } from './step-maker.ts';
import type { Draft, EndKind, Message, Ticket } from './world.ts';

const FRESH = 'n';
const ERROR = { code: 'model', message: 'model', errorClass: 'retry' } as const;

interface HowToClaim {
  /** Further bells of the same jobs, by index. */
  readonly repeats?: readonly number[];
  /** How the handler has ended already, without a claim. */
  readonly end?: EndKind;
  readonly before?: (draft: Draft) => void;
  readonly what?: string;
}

/** Steps of one worker: what shared/jobs does with each of its bells. */
export class WorkerSteps {
  readonly #maker: StepMaker;
  readonly #worker: number;
  readonly #tickets: readonly Ticket[];

  constructor(maker: StepMaker, worker: number) {
    this.#maker = maker;
    this.#worker = worker;
    this.#tickets = maker.world.workers[worker]!;
  }

  addAll(): void {
    this.#deliver();
    this.#claimBatch();
    for (const [index, ticket] of this.#tickets.entries()) this.#work(ticket, index);
    if (this.#tickets.length > 0) this.#die();
  }

  #work(ticket: Ticket, index: number): void {
    switch (ticket.at) {
      case 'got':
        return this.#start(ticket, index);
      case 'miss':
        return this.#lookIntoMiss(ticket, index);
      case 'replaying':
        return this.#replay(ticket, index);
      case 'settling':
        return this.#settleIfSure(ticket, index);
      case 'suspect':
        return this.#enterQuarantine(ticket, index);
      case 'held':
        return this.#hold(ticket, index);
      case 'ending':
        return this.#end(ticket, index);
      case 'reading':
        return this.#readBack(ticket, index);
      case 'lost':
        return this.#settleAfterFenceMiss(ticket, index);
      case 'split':
        return this.#split(ticket, index);
      case 'fused':
        return this.#endFused(ticket, index);
    }
  }

  /** The ticket's record as this node has it. */
  #local(ticket: Ticket): JobRecord {
    return this.#maker.world.local[ticket.job]!.job;
  }

  #durable(ticket: Ticket): JobRecord {
    return this.#maker.world.durable[ticket.job]!.job;
  }

  #bell({ gen }: Ticket): { id: string; gen: number } {
    return { id: 'j', gen };
  }

  #say(ticket: Ticket | readonly Ticket[], what: string): string {
    const jobs = [ticket].flat().map(({ job }) => jobName(job));
    return `worker ${this.#worker + 1} ${what} (${jobs.join(' and ')})`;
  }

  #put(draft: Draft, index: number, change: Partial<Ticket>): void {
    draft.workers[this.#worker] = draft.workers[this.#worker]!.map((one, at) => (at === index ? { ...one, ...change } : one));
  }

  /** The ticket is settled and forgotten; its message goes when all its bells are settled. */
  #settle(draft: Draft, index: number): void {
    draft.workers[this.#worker] = draft.workers[this.#worker]!.filter((_, at) => at !== index);
  }

  // --- delivery

  #deliver(): void {
    const { features } = this.#maker.model;
    for (const [position, message] of this.#maker.world.queue.entries()) {
      if (this.#tickets.length + message.bells.length > Math.max(features.slots, message.bells.length)) continue;
      this.#take(message, (draft) => void draft.queue.splice(position, 1), 'gets a bell');
      if (!features.duplicates) continue;
      const again = { ...message, isRedelivered: this.#keepsRedelivered(message.bells.length) };
      this.#take(message, (draft) => void (draft.queue[position] = again), 'gets a bell that will come again', true);
    }
  }

  /** @param isCopy its acknowledgement removes nothing: a duplicate, a lost acknowledgement, a closed channel. */
  #take(message: Message, before: (draft: Draft) => void, what: string, isCopy = false): void {
    const { features } = this.#maker.model;
    const { stage, isByHand, isRedelivered, bells } = message;
    const isSplit = isRedelivered && bells.length > 1;
    const tickets = bells.map(({ job, gen }): Ticket => {
      const fused = features.fused === true && isRedelivered;
      return { at: isSplit ? 'split' : 'got', job, stage, gen, isByHand, isRedelivered: fused, ...(!isCopy && { message }) };
    });
    const take = (draft: Draft): void => {
      before(draft);
      draft.workers[this.#worker] = [...draft.workers[this.#worker]!, ...tickets];
    };
    // A bell that waits in a worker's hands is as one that waits in the queue, where nothing is done with those that wait.
    const isClaimedAtOnce = !features.batch && !features.longRuns && !features.fused && bells.length === 1;
    if (isClaimedAtOnce) return this.#claim(tickets, [this.#tickets.length], FRESH, { before: take, what: `${what} and claims` });
    this.#maker.add(this.#say(tickets, what), !isCopy, take);
  }

  #die(): void {
    const { features } = this.#maker.model;
    const killer = this.#tickets.find((one) => one.job === 0 && (one.at === 'held' || one.at === 'fused'));
    // Where the release is prompt: no worker dies between the claim and the release of what has to wait.
    const waits = features.promptRelease && this.#tickets.some((one) => this.#isToRelease(one));
    if (features.poison && (!killer || waits)) return;
    if (!features.poison && !features.crashes) return;
    this.#maker.add(this.#say(this.#tickets, features.poison ? 'is killed by job A' : 'dies'), features.poison === true, (draft) => {
      if (killer?.isSuspect && !this.#isCounted(killer)) draft.broken ??= `${PROPERTIES.counted}: a fail-over can take the claim back`;
      for (const { message } of this.#tickets)
        if (message) draft.queue.push({ ...message, isRedelivered: this.#keepsRedelivered(message.bells.length) });
      draft.workers[this.#worker] = [];
    });
  }

  /** Only where it is looked at, so that equal behaviour stays one state. */
  #keepsRedelivered(bells: number): boolean {
    return this.#maker.model.features.fused === true || bells > 1;
  }

  #isToRelease({ at, end }: Ticket): boolean {
    return at === 'suspect' || ((at === 'ending' || at === 'reading') && end === 'releaseLater');
  }

  #isCounted(ticket: Ticket): boolean {
    const durable = this.#durable(ticket);
    return durable.gen > ticket.gen || (durable.state === 'RUNNING' && durable.claim === ticket.claim);
  }

  // --- claim

  #start(ticket: Ticket, index: number): void {
    const { features } = this.#maker.model;
    if (this.#canFuse(ticket))
      return this.#maker.add(this.#say(ticket, 'runs its handler without a claim'), true, (draft) =>
        this.#put(draft, index, { at: 'fused' }),
      );
    if (!features.batch) this.#claim([ticket], [index], FRESH);
    if (features.longRuns) this.#park(ticket, index);
  }

  /** Bells of equal stage and generation share one write and one claim. */
  #claimBatch(): void {
    if (!this.#maker.model.features.batch) return;
    const groups = new Map<string, number[]>();
    for (const [index, one] of this.#tickets.entries()) {
      if (one.at !== 'got') continue;
      const key = `${one.stage}:${one.gen}`;
      groups.set(key, [...(groups.get(key) ?? []), index]);
    }
    for (const group of groups.values()) {
      const first = group.filter(
        (at, position) => group.findIndex((other) => this.#tickets[other]!.job === this.#tickets[at]!.job) === position,
      );
      this.#claim(
        first.map((at) => this.#tickets[at]!),
        first,
        FRESH,
        { repeats: group.filter((at) => !first.includes(at)) },
      );
      // Bells that came later are claimed by themselves.
      if (group.length > 1) for (const at of group) this.#claim([this.#tickets[at]!], [at], FRESH);
    }
  }

  #claim(tickets: readonly Ticket[], indexes: readonly number[], claimId: string, how: HowToClaim = {}): void {
    const { stage, gen } = tickets[0]!;
    const { repeats = [], end, before, what = end ? `claims to write: ${end}` : 'claims' } = how;
    this.#maker.write({
      label: this.#say(tickets, what),
      isFair: !what.includes('again'),
      ...(before && { before }),
      jobs: tickets.map(({ job }) => job),
      transition: () => claim({ stage, gen, claim: claimId, owner: 'w', leaseMs: 1 }),
      key: `claim ${stage} ${gen} ${claimId}`,
      by: tickets,
      after: (draft, answer, matched) => {
        for (const [position, index] of indexes.entries()) {
          const isWon = answer === 'ok' && matched[position]!;
          const won = isWon ? this.#won(draft.local[tickets[position]!.job]!.job, claimId) : undefined;
          if (won && end) this.#put(draft, index, { ...won, at: 'ending', end, token: FRESH });
          else this.#put(draft, index, won ?? { at: 'miss', claim: claimId });
        }
        const own = this.#maker.model.protocol.sharesClaimWithRepeats ? claimId : 'n2';
        for (const index of repeats) this.#put(draft, index, { at: 'miss', claim: own });
      },
    });
  }

  #won({ crashes, attempt }: JobRecord, claimId: string): Partial<Ticket> {
    const { quarantine } = this.#maker.model.protocol;
    const isSuspect = crashes > 0 && quarantine !== 'none';
    const { acksBeforeCommit } = this.#maker.model.protocol;
    const place = isSuspect ? 'suspect' : 'held';
    return {
      at: place,
      claim: claimId,
      attempt,
      ...(crashes > 0 && { isSuspect: true }),
      ...(acksBeforeCommit && { message: undefined as never }),
    };
  }

  #lookIntoMiss(ticket: Ticket, index: number): void {
    const { protocol } = this.#maker.model;
    const { claim: claimId, stage } = ticket;
    const record = protocol.readBack === 'local' ? this.#local(ticket) : this.#durable(ticket);
    switch (protocol.judgeBell(this.#bell(ticket), stage, record, claimId)) {
      case 'won':
        return this.#maker.add(this.#say(ticket, 'reads that it has won'), true, (draft) =>
          this.#put(draft, index, this.#won(record, claimId!)),
        );
      case 'claim_again':
        return this.#claim([ticket], [index], claimId!);
      case 'early':
        return this.#maker.add(this.#say(ticket, 'gives up an early bell'), true, (draft) => this.#settle(draft, index));
      case 'replay':
        return this.#maker.add(this.#say(ticket, 'takes the bell for a replay request'), true, (draft) =>
          this.#put(draft, index, { at: 'replaying', token: FRESH }),
        );
      case 'stale':
        return this.#settleIfSure(ticket, index);
    }
  }

  #replay(ticket: Ticket, index: number): void {
    const { gen, stage, job, token } = ticket;
    const from = this.#local(ticket);
    for (const ring of this.#maker.rings([{ job, stage, gen: gen + 1, token: token! }])) {
      this.#maker.write({
        label: `${this.#say(ticket, 'replays')}${ring.label}`,
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
          this.#put(draft, index, { at: 'settling' });
        },
      });
    }
  }

  #evidence(ticket: Ticket): JobRecord {
    return this.#maker.model.protocol.evidence === 'majority' ? this.#durable(ticket) : this.#local(ticket);
  }

  #settleIfSure(ticket: Ticket, index: number): void {
    const { protocol } = this.#maker.model;
    if (!protocol.mayAcknowledge(this.#bell(ticket), ticket.stage, this.#evidence(ticket), undefined)) return;
    this.#maker.add(this.#say(ticket, 'acknowledges: nothing is left to do for this bell'), true, (draft) => this.#settle(draft, index));
  }

  #park(ticket: Ticket, index: number): void {
    const { gen, job } = ticket;
    this.#maker.write({
      label: this.#say(ticket, 'parks the bell'),
      jobs: [job],
      transition: () => rearm(gen, FRESH, 1, 'park'),
      key: `park ${gen}`,
      after: (draft, answer, matched) => {
        if (answer === 'ok' && matched[0]) this.#settle(draft, index);
      },
    });
    this.#settleIfSure(ticket, index);
  }

  // --- run

  #enterQuarantine(ticket: Ticket, index: number): void {
    const { protocol } = this.#maker.model;
    const isBusy = this.#tickets.some((one, at) => at !== index && one.isSuspect === true && this.#isInQuarantine(one));
    if (isBusy && protocol.quarantine === 'wait') return;
    if (isBusy)
      return this.#maker.add(this.#say(ticket, 'has no room in quarantine'), true, (draft) =>
        this.#put(draft, index, { at: 'ending', end: 'releaseLater', token: FRESH }),
      );
    if (!protocol.makesSuspectsDurable)
      return this.#maker.add(this.#say(ticket, 'starts the handler of a suspect'), true, (draft) =>
        this.#put(draft, index, { at: 'held' }),
      );
    this.#maker.write({
      label: this.#say(ticket, 'makes the claim of a suspect durable'),
      jobs: [ticket.job],
      transition: () => heartbeat([ticket.claim!], 1, 'majority'),
      key: `durable heartbeat ${ticket.claim}`,
      by: [ticket],
      after: (draft, answer, matched) => {
        if (answer === 'ok') this.#put(draft, index, { at: matched[0] ? 'held' : 'lost' });
      },
    });
  }

  #isInQuarantine({ at, end }: Ticket): boolean {
    return at === 'held' || ((at === 'ending' || at === 'reading') && end !== 'releaseLater');
  }

  #hold(ticket: Ticket, index: number): void {
    const { features, protocol } = this.#maker.model;
    if (isOver(this.#local(ticket).lease?.until) && this.#local(ticket).claim === ticket.claim)
      this.#maker.write({
        label: this.#say(ticket, 'renews its lease'),
        jobs: [ticket.job],
        transition: () => heartbeat([ticket.claim!], 1),
        key: `heartbeat ${ticket.claim}`,
        by: [ticket],
        after: () => {},
      });
    if (features.longRuns && ticket.message && protocol.mayAcknowledge(this.#bell(ticket), ticket.stage, this.#evidence(ticket), undefined))
      this.#maker.add(this.#say(ticket, 'acknowledges a long run early'), true, (draft) =>
        this.#put(draft, index, { message: undefined as never }),
      );
    if (features.poison && ticket.job === 0) return;
    const ends: EndKind[] = ['done', ...(features.retry ? (['retry'] as const) : []), ...(features.reject ? (['reject'] as const) : [])];
    if (features.release) ends.push('release');
    for (const end of ends) {
      // What shares a claim and ends alike is written together; something else ends by itself.
      const group =
        features.batch && end === 'done'
          ? this.#tickets.flatMap((one, at) => (one.at === 'held' && one.claim === ticket.claim ? [at] : []))
          : [index];
      if (group[0] !== index) continue;
      const isEarly = end === 'done' && protocol.ringsEarly !== 'no';
      if (!isEarly)
        this.#writeEnd(
          group,
          group.map((at) => ({ ...this.#tickets[at]!, end, token: FRESH })),
        );
      else
        this.#maker.add(this.#say(ticket, 'ends its handler and rings before the commit'), true, (draft) => {
          this.#put(draft, index, { at: 'ending', end, token: FRESH });
          this.#ringEarly(draft, ticket);
        });
    }
  }

  /** The next stage's bell leaves while its commit is under way. */
  #ringEarly(draft: Draft, ticket: Ticket): void {
    const next = this.#nextBell(ticket, this.#transitionOf({ ...ticket, end: 'done', token: FRESH }));
    if (!next) return;
    const isMarked = this.#maker.model.protocol.ringsEarly === 'marked';
    this.#maker.rings([{ job: ticket.job, token: FRESH, isMarked, ...next }])[0]!.apply(draft);
  }

  // --- end

  /** @returns the transition that records this end, decided by the code. */
  #transitionOf(ticket: Ticket): Transition {
    const { protocol, type } = this.#maker.model;
    if (ticket.end === 'fused') return this.#fusedTransition(ticket);
    const record = { ...this.#local(ticket), stage: ticket.stage, attempt: ticket.attempt ?? 1 };
    return protocol.endTransition(endOf(ticket.end!), record, type, { claim: ticket.claim!, token: ticket.token!, random: 0.5 });
  }

  #fusedTransition({ stage, gen, claim: claimId, token }: Ticket): Transition {
    const last = stage === this.#maker.model.type.stages.length - 1;
    return claimCommit({ stage, gen, claim: claimId!, token: token!, last, retainMs: 1, tookMs: 1 });
  }

  #nextBell(ticket: Ticket, transition: Transition): { stage: number; gen: number } | undefined {
    if (ticket.end === 'releaseLater') return undefined;
    return this.#maker.model.protocol.nextBellAfter(transition, { ...this.#local(ticket), stage: ticket.stage, gen: ticket.gen });
  }

  #end(ticket: Ticket, index: number): void {
    // Others of the same write: a batch that is written for the first time.
    const group = this.#tickets.flatMap((one, at) => (isTogether(one, ticket) ? [at] : []));
    if (group.length > 1 && group[0] === index) this.#writeEnd(group);
    if (group.length === 1) this.#writeEnd([index]);
  }

  #writeEnd(group: readonly number[], tickets: readonly Ticket[] = group.map((at) => this.#tickets[at]!)): void {
    const first = tickets[0]!;
    const transition = this.#transitionOf(first);
    const rings = this.#maker.rings(tickets.flatMap((one) => this.#ringOf(one, transition)));
    for (const ring of rings)
      this.#maker.write({
        label: `${this.#say(tickets, `ends an attempt: ${transition.name}`)}${ring.label}`,
        jobs: tickets.map(({ job }) => job),
        transition: () => transition,
        key: `${transition.name} ${first.end} ${first.claim} ${first.token} ${first.attempt} ${first.stage} ${first.gen}`,
        by: tickets,
        isFair: ring.isFair,
        after: (draft, answer, matched) => {
          const isWhole = answer === 'ok' && matched.every(Boolean);
          for (const at of [...group].reverse()) {
            // A batch that did not go through as a whole is finished one by one, by the write again.
            const { end, token } = first;
            const next: Partial<Ticket> = group.length > 1 ? { at: 'ending', isAlone: true } : { at: 'reading' };
            if (!isWhole) this.#put(draft, at, { ...next, end: end!, token: token! });
            else this.#settle(draft, at);
          }
          if (isWhole) ring.apply(draft);
        },
      });
  }

  #ringOf(ticket: Ticket, transition: Transition): Ring[] {
    const { ringsEarly } = this.#maker.model.protocol;
    if (ringsEarly !== 'no' && ticket.end === 'done') return [];
    const next = this.#nextBell(ticket, transition);
    return next ? [{ job: ticket.job, token: ticket.token!, ...next }] : [];
  }

  #readBack(ticket: Ticket, index: number): void {
    const { protocol } = this.#maker.model;
    const transition = this.#transitionOf(ticket);
    const record = protocol.readBack === 'local' ? this.#local(ticket) : this.#durable(ticket);
    const isHolder = ({ state, claim: by, gen, stage }: JobRecord): boolean =>
      ticket.end === 'fused'
        ? state === 'QUEUED' && gen === ticket.gen && stage === ticket.stage
        : state === 'RUNNING' && by === ticket.claim;
    if (hasEvidence(record, ticket.claim!, transition.name)) return this.#afterReadBack(ticket, index, transition);
    if (isHolder(record))
      return this.#maker.add(this.#say(ticket, 'reads that its end was not written'), true, (draft) =>
        this.#put(draft, index, { at: 'ending' }),
      );
    this.#maker.add(this.#say(ticket, 'reads that it was fenced'), true, (draft) => {
      if (isHolder(this.#local(ticket))) draft.broken ??= `${PROPERTIES.giveUp}: the record is RUNNING under its claim`;
      this.#put(draft, index, { at: 'lost' });
    });
  }

  #afterReadBack(ticket: Ticket, index: number, transition: Transition): void {
    const { acksReadBack, ringsReadBack } = this.#maker.model.protocol;
    const isRung = ringsReadBack === 'all' || ticket.end !== 'release';
    for (const ring of this.#maker.rings(isRung ? this.#ringOf(ticket, transition) : []))
      this.#maker.add(`${this.#say(ticket, 'reads that its end was written')}${ring.label}`, ring.isFair, (draft) => {
        ring.apply(draft);
        if (acksReadBack) this.#settle(draft, index);
        else this.#put(draft, index, { at: 'lost' });
      });
  }

  #settleAfterFenceMiss(ticket: Ticket, index: number): void {
    const { protocol } = this.#maker.model;
    const { gen, job, claim: claimId } = ticket;
    const { state, gen: has } = this.#local(ticket);
    if (protocol.rearmsAfterFenceMiss && state === 'QUEUED' && has === gen)
      return this.#maker.write({
        label: this.#say(ticket, 'owes the bell again'),
        jobs: [job],
        transition: () => rearm(gen, FRESH),
        key: `rearm ${gen}`,
        after: (draft, answer, matched) => {
          if (answer === 'ok' && matched[0]) this.#settle(draft, index);
        },
      });
    if (has < gen && this.#evidence(ticket).gen < gen)
      return this.#maker.add(this.#say(ticket, 'gives up a bell whose generation was taken back'), true, (draft) =>
        this.#settle(draft, index),
      );
    if (!protocol.mayAcknowledge(this.#bell(ticket), ticket.stage, this.#evidence(ticket), claimId)) return;
    this.#maker.add(this.#say(ticket, 'acknowledges after a fence miss'), true, (draft) => this.#settle(draft, index));
  }

  // --- messages of several jobs, fused

  /** A redelivered message of several jobs: each bell is owed again, durably, acknowledged on that, and rung by itself. */
  #split(ticket: Ticket, index: number): void {
    const { protocol } = this.#maker.model;
    const { job, stage, gen } = ticket;
    if (protocol.splits === 'acknowledges first')
      return this.#maker.add(this.#say(ticket, 'acknowledges before it owes the bell'), true, (draft) => this.#settle(draft, index));
    if (protocol.splits === 'no') return this.#claim([ticket], [index], FRESH);
    for (const ring of this.#maker.rings([{ job, stage, gen, token: FRESH }]))
      this.#maker.write({
        label: `${this.#say(ticket, 'owes one of several bells again')}${ring.label}`,
        jobs: [job],
        transition: () => rearm(gen, FRESH, 1),
        key: `owe again ${gen}`,
        isFair: ring.isFair,
        after: (draft, answer, matched) => {
          if (answer !== 'ok') return;
          // Not QUEUED at its generation: to be looked into like any other bell.
          if (!matched[0]) return this.#put(draft, index, { at: 'got' });
          this.#settle(draft, index);
          ring.apply(draft);
        },
      });
  }

  #canFuse(ticket: Ticket): boolean {
    const { features, protocol } = this.#maker.model;
    if (!features.fused || (ticket.isRedelivered && !protocol.fusesRedelivered)) return false;
    const { state, gen, stage, crashes } = this.#local(ticket);
    return state === 'QUEUED' && gen === ticket.gen && stage === ticket.stage && (crashes === 0 || protocol.fusesRedelivered);
  }

  /** The handler has run without a claim: one write claims and commits; a failure is written under a claim. */
  #endFused(ticket: Ticket, index: number): void {
    const { features } = this.#maker.model;
    if (features.poison && ticket.job === 0) return;
    this.#maker.add(this.#say(ticket, 'ends its handler'), true, (draft) =>
      this.#put(draft, index, { at: 'ending', end: 'fused', claim: FRESH, token: FRESH }),
    );
    if (features.retry) this.#claim([ticket], [index], FRESH, { end: 'retry' });
  }
}

function endOf(end: Exclude<EndKind, 'fused'>): StageEnd {
  switch (end) {
    case 'retry':
    case 'reject':
      return { kind: end, error: ERROR };
    case 'releaseLater':
      return { kind: 'release', afterMs: 1 };
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
