import { markEvent, takeEvent } from '../domain/transitions.ts';
import type { Failpoints } from '../ports/failpoints.ts';
import type { JobStore, OwedEvent } from '../ports/job-store.ts';
import type { JobEvent, MessageBus } from '../ports/message-bus.ts';

const BATCH = 500;

export interface EventRelayDeps {
  readonly store: JobStore;
  readonly bus: MessageBus;
  readonly failpoints?: Failpoints;
}

/** T12: publishes the terminal events that are owed, at least once each. @returns how many were confirmed. */
export async function relayEvents({ store, bus, failpoints }: EventRelayDeps, signal: AbortSignal): Promise<number> {
  let published = 0;
  while (!signal.aborted && bus.canPublish()) {
    const { events: due, isMore } = await store.dueEvents(BATCH);
    await Promise.all([...idsBySeq(due)].map(([seq, ids]) => store.apply(ids, takeEvent(seq))));
    const outcomes = await bus.publishEvents(due.map(eventOf));
    const confirmed = due.filter((_, index) => outcomes[index] === 'confirmed');
    if (failpoints && confirmed.length > 0)
      await failpoints.reach(
        'event publish|mark',
        confirmed.map(({ id }) => id),
      );
    await Promise.all([...idsBySeq(confirmed)].map(([seq, ids]) => store.apply(ids, markEvent(seq))));
    published += confirmed.length;
    if (!isMore) break;
  }
  return published;
}

/** The same id on every repetition, so that receivers can drop duplicates. */
function eventOf({ id, seq, tenant, type, state, doneAt, createdAt }: OwedEvent): JobEvent {
  return { id: `${id}:${seq}`, jobId: id, tenant, type, event: state.toLowerCase(), at: doneAt ?? createdAt };
}

function idsBySeq(events: readonly OwedEvent[]): ReadonlyMap<number, readonly string[]> {
  const groups = new Map<number, string[]>();
  for (const { id, seq } of events) {
    const group = groups.get(seq);
    if (group) group.push(id);
    else groups.set(seq, [id]);
  }
  return groups;
}
