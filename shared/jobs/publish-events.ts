import type { DeliveryStore } from '../ports/delivery-store.ts';
import type { Failpoints } from '../ports/failpoints.ts';
import type { OwedEvent } from '../ports/job-store.ts';
import type { JobEvent, MessageBus } from '../ports/message-bus.ts';
import { oweCallbacks } from './owe-callbacks.ts';

export interface PublishEventsDeps {
  readonly bus: MessageBus;
  /** Without it nobody is called back. */
  readonly deliveries?: Pick<DeliveryStore, 'owe'>;
  readonly failpoints?: Failpoints;
}

export interface PublishedEvents {
  readonly confirmed: readonly OwedEvent[];
  readonly others: readonly OwedEvent[];
}

/** Owes the callbacks of ends, and publishes their events. */
export async function publishEvents(
  { bus, deliveries, failpoints }: PublishEventsDeps,
  due: readonly OwedEvent[],
): Promise<PublishedEvents> {
  if (due.length === 0) return { confirmed: [], others: [] };
  if (deliveries) await oweCallbacks(deliveries, due);
  const outcomes = await bus.publishEvents(due.map(eventOf));
  const confirmed = due.filter((_, index) => outcomes[index] === 'confirmed');
  const others = due.filter((_, index) => outcomes[index] !== 'confirmed');
  if (failpoints && confirmed.length > 0)
    await failpoints.reach(
      'event publish|mark',
      confirmed.map(({ id }) => id),
    );
  return { confirmed, others };
}

/** The same id on every repetition, so that receivers can drop duplicates. */
function eventOf({ id, seq, tenant, type, state, doneAt, createdAt }: OwedEvent): JobEvent {
  return { id: `${id}:${seq}`, jobId: id, tenant, type, event: state.toLowerCase(), at: doneAt ?? createdAt };
}
