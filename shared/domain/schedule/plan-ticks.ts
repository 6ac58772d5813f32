import { dueTicks } from './due-ticks.ts';
import { isPausedAt, type ScheduleRecord, type SkipReason, type TickDecision, type TickRef } from './schedule.ts';
import { tickId } from './tick-id.ts';
import type { TickSource } from './tick-source.ts';

/** With overlap `queue`: ticks that may wait. */
const MOST_WAITING = 100;
/** While ticks wait for a job to end, it is looked at so often; while they wait for a pause to end, that. */
const LOOK_AGAIN_MS = 1_000;
const LOOK_AGAIN_IN_PAUSE_MS = 30_000;

export interface PlanFacts {
  /** The store's clock. */
  readonly now: Date;
  readonly ticks: TickSource;
  /** The job of the slot has not ended. */
  readonly slotIsBusy: boolean;
}

/** What changes in the record when its due ticks are decided. */
export type TickPlan = Pick<ScheduleRecord, 'cursorAt' | 'outbox' | 'waiting'> & Pick<Partial<ScheduleRecord>, 'slot' | 'nextAt'>;

/** Decides every tick that is due, and which of those that wait may start. @param record with an empty outbox. */
export function planTicks(record: ScheduleRecord, facts: PlanFacts): TickPlan {
  const { now, ticks } = facts;
  const { spec, cursorAt } = record;
  const due = dueTicks(ticks, cursorAt, now);
  const gap = due.gap && [gapDecision(record, due.gap.from, due.gap.last)];
  const judged = judge(record, due.ticks, now);
  const place = new Place(record, facts);
  const released = place.release();
  const outbox = [...(gap ?? []), ...released, ...judged.map((decision) => place.take(decision, spec.overlap))];
  const againMs = place.slot ? LOOK_AGAIN_MS : LOOK_AGAIN_IN_PAUSE_MS;
  const next = place.waiting.length > 0 ? new Date(now.getTime() + againMs) : undefined;
  return { cursorAt: now, outbox, waiting: place.waiting, ...place.kept(), ...earliest(next, ticks.after(now)) };
}

function earliest(one: Date | undefined, other: Date | undefined): Pick<Partial<ScheduleRecord>, 'nextAt'> {
  const nextAt = one && other ? (one < other ? one : other) : (one ?? other);
  return nextAt ? { nextAt } : {};
}

function gapDecision({ id }: ScheduleRecord, from: Date, lastAt: Date): TickDecision {
  return { id: `${tickId(id, from)}..${lastAt.toISOString()}`, at: from, lastAt, kind: 'gap', action: 'skip', reason: 'too_many_missed' };
}

/** By pauses and catch-up policy, oldest first. */
function judge({ id, spec, pauses }: ScheduleRecord, due: readonly Date[], now: Date): readonly TickDecision[] {
  const { policy, max, graceSeconds } = spec.catchUp;
  const wasMissed = (at: Date) => now.getTime() - at.getTime() > graceSeconds * 1_000;
  const missed = due.filter((at) => !isPausedAt(pauses, at) && wasMissed(at));
  const runs = new Set(policy === 'skip' ? [] : missed.slice(policy === 'once' ? -1 : -max));
  const reasonOf = (at: Date): SkipReason | undefined => {
    if (isPausedAt(pauses, at)) return 'paused';
    if (!wasMissed(at) || runs.has(at)) return undefined;
    return ({ skip: 'missed', once: 'caught_up_by_later', all: 'catch_up_limit' } as const)[policy];
  };
  return due.map((at) => {
    const reason = reasonOf(at);
    return { id: tickId(id, at), at, kind: 'scheduled', action: reason ? 'skip' : 'run', ...(reason && { reason }) };
  });
}

/** The one place that `skip` and `queue` leave for a job, and the ticks that wait for it. */
class Place {
  readonly #record: ScheduleRecord;
  readonly #now: Date;
  #waiting: readonly TickRef[];
  #slot: TickRef | undefined;

  constructor(record: ScheduleRecord, { now, slotIsBusy }: PlanFacts) {
    this.#record = record;
    this.#now = now;
    this.#waiting = record.waiting;
    this.#slot = slotIsBusy ? record.slot : undefined;
  }

  get waiting(): readonly TickRef[] {
    return this.#waiting;
  }

  get slot(): TickRef | undefined {
    return this.#slot;
  }

  kept(): Pick<Partial<ScheduleRecord>, 'slot'> {
    return this.#slot ? { slot: this.#slot } : {};
  }

  /** The oldest that waits, where the place is free and nothing is paused; all of them, once the policy is `allow`. */
  release(): readonly TickDecision[] {
    const { spec, pauses } = this.#record;
    if (this.#waiting.length === 0 || isPausedAt(pauses, this.#now)) return [];
    if (spec.overlap !== 'allow' && this.#slot) return [];
    const count = spec.overlap === 'allow' ? this.#waiting.length : 1;
    const freed = this.#waiting.slice(0, count);
    this.#waiting = this.#waiting.slice(count);
    if (spec.overlap !== 'allow') this.#slot = freed[0];
    return freed.map((tick) => ({ ...tick, action: 'run', isKnown: true }));
  }

  take(decision: TickDecision, policy: ScheduleRecord['spec']['overlap']): TickDecision {
    if (decision.action !== 'run' || policy === 'allow') return decision;
    const { id, at, kind } = decision;
    if (!this.#slot && this.#waiting.length === 0) {
      this.#slot = { id, at, kind };
      return decision;
    }
    if (policy === 'skip') return { ...decision, action: 'skip', reason: 'overlap' };
    if (this.#waiting.length >= MOST_WAITING) return { ...decision, action: 'skip', reason: 'queue_full' };
    this.#waiting = [...this.#waiting, { id, at, kind }];
    return { ...decision, action: 'wait' };
  }
}
