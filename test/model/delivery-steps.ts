import { rearm } from '../../shared/domain/transitions.ts';
import type { ClaimSteps } from './claim-steps.ts';
import { PROPERTIES } from './properties.ts';
import type { StepMaker } from './step-maker.ts';
import { FRESH, WorkerHands } from './worker-hands.ts';
import type { Draft, Message, Ticket } from './world.ts';

/** How bells come to a worker, and how they leave it when it dies. */
export class DeliverySteps extends WorkerHands {
  readonly #claims: ClaimSteps;

  constructor(maker: StepMaker, worker: number, claims: ClaimSteps) {
    super(maker, worker);
    this.#claims = claims;
  }

  deliver(): void {
    const { features } = this.maker.model;
    for (const [position, message] of this.maker.world.queue.entries()) {
      if (this.tickets.length + message.bells.length > Math.max(features.slots, message.bells.length)) continue;
      this.#take(message, (draft) => void draft.queue.splice(position, 1), 'gets a bell');
      if (!features.duplicates) continue;
      const again = { ...message, isRedelivered: this.#keepsRedelivered(message.bells.length) };
      this.#take(message, (draft) => void (draft.queue[position] = again), 'gets a bell that will come again', true);
    }
  }

  /** @param isCopy its acknowledgement removes nothing: a duplicate, a lost acknowledgement, a closed channel. */
  #take(message: Message, before: (draft: Draft) => void, what: string, isCopy = false): void {
    const { features } = this.maker.model;
    const { stage, isByHand, isRedelivered, bells } = message;
    const isSplit = isRedelivered && bells.length > 1;
    const tickets = bells.map(({ job, gen }): Ticket => {
      const fused = features.fused === true && isRedelivered;
      return { at: isSplit ? 'split' : 'got', job, stage, gen, isByHand, isRedelivered: fused, ...(!isCopy && { message }) };
    });
    const take = (draft: Draft): void => {
      before(draft);
      draft.workers[this.worker] = [...draft.workers[this.worker]!, ...tickets];
    };
    // A bell that waits in a worker's hands is as one that waits in the queue, where nothing is done with those that wait.
    const isClaimedAtOnce = !features.batch && !features.longRuns && !features.fused && bells.length === 1;
    if (isClaimedAtOnce) return this.#claims.claim(tickets, [this.tickets.length], FRESH, { before: take, what: `${what} and claims` });
    this.maker.add(this.say(tickets, what), !isCopy, take);
  }

  die(): void {
    const { features } = this.maker.model;
    const killer = this.tickets.find((one) => one.job === 0 && (one.at === 'held' || one.at === 'fused'));
    // Where the release is prompt: no worker dies between the claim and the release of what has to wait.
    const waits = features.promptRelease && this.tickets.some((one) => this.#isToRelease(one));
    if (features.poison && (!killer || waits)) return;
    if (!features.poison && !features.crashes) return;
    this.maker.add(this.say(this.tickets, features.poison ? 'is killed by job A' : 'dies'), features.poison === true, (draft) => {
      if (killer?.isSuspect && !this.#isCounted(killer)) draft.broken ??= `${PROPERTIES.counted}: a fail-over can take the claim back`;
      for (const { message } of this.tickets)
        if (message) draft.queue.push({ ...message, isRedelivered: this.#keepsRedelivered(message.bells.length) });
      draft.workers[this.worker] = [];
    });
  }

  /** Only where it is looked at, so that equal behaviour stays one state. */
  #keepsRedelivered(bells: number): boolean {
    return this.maker.model.features.fused === true || bells > 1;
  }

  #isToRelease({ at, end }: Ticket): boolean {
    return at === 'suspect' || ((at === 'ending' || at === 'reading') && end === 'releaseLater');
  }

  #isCounted(ticket: Ticket): boolean {
    const durable = this.durable(ticket);
    return durable.gen > ticket.gen || (durable.state === 'RUNNING' && durable.claim === ticket.claim);
  }

  /** A redelivered message of several jobs: each bell is owed again, durably, acknowledged on that, and rung by itself. */
  split(ticket: Ticket, index: number): void {
    const { protocol } = this.maker.model;
    const { job, stage, gen } = ticket;
    if (protocol.splits === 'acknowledges first')
      return this.maker.add(this.say(ticket, 'acknowledges before it owes the bell'), true, (draft) => this.settle(draft, index));
    if (protocol.splits === 'no') return this.#claims.claim([ticket], [index], FRESH);
    for (const ring of this.maker.rings([{ job, stage, gen, token: FRESH }]))
      this.maker.write({
        label: `${this.say(ticket, 'owes one of several bells again')}${ring.label}`,
        jobs: [job],
        transition: () => rearm(gen, FRESH, 1),
        key: `owe again ${gen}`,
        isFair: ring.isFair,
        after: (draft, answer, matched) => {
          if (answer !== 'ok') return;
          // Not QUEUED at its generation: to be looked into like any other bell.
          if (!matched[0]) return this.put(draft, index, { at: 'got' });
          this.settle(draft, index);
          ring.apply(draft);
        },
      });
  }
}
