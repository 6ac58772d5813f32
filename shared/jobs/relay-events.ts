import { groupBy } from '../domain/group-by.ts';
import type { Transition } from '../domain/transition.ts';
import { markEvent, postponeEvent } from '../domain/transitions.ts';
import type { DeliveryStore } from '../ports/delivery-store.ts';
import type { Failpoints } from '../ports/failpoints.ts';
import type { JobStore, OwedEvent } from '../ports/job-store.ts';
import type { JobEvent, MessageBus } from '../ports/message-bus.ts';
import { oweCallbacks } from './owe-callbacks.ts';

const BATCH = 500;
/** Events of one call at most; the next call goes on. Keeps one sweep shorter than the lease under which it runs. */
const MAX_PER_CALL = 20_000;

export interface EventRelayDeps {
  readonly store: JobStore;
  readonly bus: MessageBus;
  /** Without it nobody is called back. */
  readonly deliveries?: Pick<DeliveryStore, 'owe'>;
  readonly failpoints?: Failpoints;
}

/**
 * T12: publishes the terminal events that are owed, at least once each, owes their callbacks, and marks those that are confirmed; the others come
 * again in 30 s. One scheduler at a time: two would each publish every event. @returns how many were confirmed.
 */
export async function relayEvents({ store, bus, deliveries, failpoints }: EventRelayDeps, signal: AbortSignal): Promise<number> {
  let published = 0;
  for (let looked = 0; looked < MAX_PER_CALL && !signal.aborted && bus.canPublish(); looked += BATCH) {
    const { events: due, isMore } = await store.dueEvents(BATCH);
    if (due.length === 0) break;
    if (deliveries) await oweCallbacks(deliveries, due);
    const outcomes = await bus.publishEvents(due.map(eventOf));
    const confirmed = due.filter((_, index) => outcomes[index] === 'confirmed');
    const others = due.filter((_, index) => outcomes[index] !== 'confirmed');
    if (failpoints && confirmed.length > 0)
      await failpoints.reach(
        'event publish|mark',
        confirmed.map(({ id }) => id),
      );
    await Promise.all([applyBySeq(store, confirmed, markEvent), applyBySeq(store, others, postponeEvent)]);
    published += confirmed.length;
    if (!isMore) break;
  }
  return published;
}

/** The same id on every repetition, so that receivers can drop duplicates. */
function eventOf({ id, seq, tenant, type, state, doneAt, createdAt }: OwedEvent): JobEvent {
  return { id: `${id}:${seq}`, jobId: id, tenant, type, event: state.toLowerCase(), at: doneAt ?? createdAt };
}

async function applyBySeq(store: JobStore, events: readonly OwedEvent[], transition: (seq: number) => Transition): Promise<void> {
  const groups = [...groupBy(events, ({ seq }) => seq)];
  await Promise.all(
    groups.map(([seq, group]) =>
      store.apply(
        group.map(({ id }) => id),
        transition(seq),
      ),
    ),
  );
}
