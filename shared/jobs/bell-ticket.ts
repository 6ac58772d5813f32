import { judgeBell, mayAcknowledge } from '../domain/doorbell.ts';
import type { Bell, JobRecord } from '../domain/job.ts';
import { rearm } from '../domain/transitions.ts';
import type { Clock } from '../ports/clock.ts';
import type { JobStore } from '../ports/job-store.ts';
import type { Delivery } from '../ports/message-bus.ts';
import { untilStoreAnswers } from './store-patience.ts';

/** A bell that must not be acknowledged yet is looked at again after this long (docs/protocol.md, Settings). */
export const LOOK_AGAIN_MS = 100;

/** A bell ahead of its record is looked at this often before it is given up: for as long as one that was never claimed (T3, EARLY). */
const EARLY_LOOKS = 7;

/** One bell of a delivery. The message is acknowledged when all its bells are settled. */
export class BellTicket {
  readonly bell: Bell;
  readonly delivery: Delivery;
  readonly arrivedAtMs: number;
  readonly #message: { open: number };
  readonly #unclaimed: Set<BellTicket>;
  #settled = false;

  private constructor(bell: Bell, delivery: Delivery, message: { open: number }, arrivedAtMs: number, unclaimed: Set<BellTicket>) {
    this.bell = bell;
    this.delivery = delivery;
    this.#message = message;
    this.arrivedAtMs = arrivedAtMs;
    this.#unclaimed = unclaimed;
    unclaimed.add(this);
  }

  /** One ticket for each bell of the message; each stays in `unclaimed` until its job is claimed here or it is settled. */
  static of(delivery: Delivery, arrivedAtMs: number, unclaimed = new Set<BellTicket>()): readonly BellTicket[] {
    const message = { open: delivery.bells.length };
    return delivery.bells.map((bell) => new BellTicket(bell, delivery, message, arrivedAtMs, unclaimed));
  }

  /** A bell of the job's next generation that nobody has rung: nothing is to be acknowledged for it. */
  static unrung({ bell, delivery, arrivedAtMs }: BellTicket): BellTicket {
    const bells = [{ id: bell.id, gen: bell.gen + 1 }];
    return BellTicket.of({ ...delivery, bells, redelivered: true, ack: () => {} }, arrivedAtMs)[0]!;
  }

  get stage(): number {
    return this.delivery.stage;
  }

  get isSettled(): boolean {
    return this.#settled;
  }

  /** The record is no longer QUEUED: the audit has no eye on it. */
  noteClaimed(): void {
    this.#unclaimed.delete(this);
  }

  /** Safe twice. */
  settle(): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#unclaimed.delete(this);
    this.#message.open -= 1;
    if (this.#message.open === 0) this.delivery.ack();
  }
}

export interface SettleDeps {
  readonly store: JobStore;
  readonly clock: Clock;
  /** Aborted when the engine has stopped: what is not settled stays unacknowledged. */
  readonly closed: AbortSignal;
}

/**
 * Settles a bell when a majority read says that nothing is left to do for it. A moved dead letter is none of those: what asks for
 * a replay is not done with before the job is replayed. @returns false when it must be looked at again.
 */
export async function settleIfSure(deps: SettleDeps, ticket: BellTicket, missedClaim?: string): Promise<boolean> {
  const { store, clock, closed } = deps;
  const [record] = await untilStoreAnswers(clock, closed, () => store.read([ticket.bell.id], 'majority'));
  if (!mayAcknowledge(ticket.bell, ticket.stage, record, missedClaim) || asksForReplay(ticket, record)) return false;
  ticket.settle();
  return true;
}

/** True for a dead letter that somebody moved to its stage queue, as long as the record is the one that it was written for. */
export function asksForReplay({ bell, stage }: BellTicket, record: JobRecord | undefined): boolean {
  return judgeBell(bell, stage, record, undefined) === 'replay';
}

/** True when the bell is ahead of its record on this node as well: what is not durable yet is no reason to give a bell up. */
async function isAhead({ store, clock, closed }: SettleDeps, { bell }: BellTicket): Promise<boolean> {
  const [record] = await untilStoreAnswers(clock, closed, () => store.read([bell.id], 'local'));
  return record !== undefined && record.gen < bell.gen;
}

/**
 * Settles the bell of a claim that was won and then lost. First the bell is owed again where the record is QUEUED at its
 * generation, since a fail-over may have rolled the w:1 claim back (docs/protocol.md, Transitions, last rule).
 * @throws StoppedError when the engine closes first.
 */
export async function settleAfterFenceMiss(deps: SettleDeps, ticket: BellTicket, missedClaim: string): Promise<void> {
  const { store, clock, closed } = deps;
  const { id, gen } = ticket.bell;
  for (let earlyLooks = 0; !closed.aborted; ) {
    const owedAgain = await untilStoreAnswers(clock, closed, () => store.apply([id], rearm(gen, clock.uuid())));
    if (owedAgain === 1) return ticket.settle();
    const [record] = await untilStoreAnswers(clock, closed, () => store.read([id], 'majority'));
    if (mayAcknowledge(ticket.bell, ticket.stage, record, missedClaim)) return ticket.settle();
    // The generation itself was taken back, and the record still owes the bell of an older one, which this one may keep out.
    earlyLooks = (record?.gen ?? gen) < gen && (await isAhead(deps, ticket)) ? earlyLooks + 1 : 0;
    if (earlyLooks > EARLY_LOOKS) return ticket.settle();
    await clock.sleep(LOOK_AGAIN_MS, closed);
  }
}
