import { groupBy } from '../domain/group-by.ts';
import type { Transition } from '../domain/transition.ts';
import { markEvent, postponeEvent } from '../domain/transitions.ts';
import type { JobStore, OwedEvent } from '../ports/job-store.ts';
import { publishEvents } from './publish-events.ts';
import { type NoteRelayDeps, relayNotes } from './relay-notes.ts';

const BATCH = 500;
/** Looks of one call at most, at records and at notes; the next call goes on. Keeps one sweep shorter than the lease under which it runs. */
const MAX_LOOKS = 20;

/**
 * T12: publishes the terminal events that are owed, by records and by notes, at least once each, owes their callbacks, and marks those that are
 * confirmed; the others come again in 30 s. One scheduler at a time: two would each publish every event. @returns how many were confirmed.
 */
export async function relayEvents(deps: NoteRelayDeps, signal: AbortSignal): Promise<number> {
  let published = 0;
  for (const relay of [relayOwed, relayNotes]) {
    for (let looks = 0; looks < MAX_LOOKS && !signal.aborted && deps.bus.canPublish(); looks += 1) {
      const relayed = await relay(deps);
      published += relayed.published;
      if (!relayed.isMore) break;
    }
  }
  return published;
}

/** Those that records owe. */
async function relayOwed(deps: NoteRelayDeps): Promise<{ readonly published: number; readonly isMore: boolean }> {
  const { store } = deps;
  const { events: due, isMore } = await store.dueEvents(BATCH);
  const { confirmed, others } = await publishEvents(deps, due);
  await Promise.all([applyBySeq(store, confirmed, markEvent), applyBySeq(store, others, postponeEvent)]);
  return { published: confirmed.length, isMore };
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
