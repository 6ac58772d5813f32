import { type JobRecord, TERMINAL_STATES } from '../domain/job.ts';
import { markEvent, takeEvent } from '../domain/transitions.ts';
import type { Failpoints } from '../ports/failpoints.ts';
import type { JobStore } from '../ports/job-store.ts';
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
    const found = await store.find({ kind: 'event_due' }, BATCH);
    const due = await durable(store, found);
    const bySeq = groupBySeq(due);
    await Promise.all(
      [...bySeq].map(([seq, group]) =>
        store.apply(
          group.map((record) => record.id),
          takeEvent(seq),
        ),
      ),
    );
    const outcomes = await bus.publishEvents(due.map(eventOf));
    const confirmed = due.filter((_, index) => outcomes[index] === 'confirmed');
    if (failpoints && confirmed.length > 0)
      await failpoints.reach(
        'event publish|mark',
        confirmed.map(({ id }) => id),
      );
    await Promise.all(
      [...groupBySeq(confirmed)].map(([seq, group]) =>
        store.apply(
          group.map((record) => record.id),
          markEvent(seq),
        ),
      ),
    );
    published += confirmed.length;
    if (found.length < BATCH || due.length === 0) break;
  }
  return published;
}

/** Those whose end no fail-over can take back: an event must not tell what did not happen. The others are due still. */
async function durable(store: JobStore, found: readonly JobRecord[]): Promise<readonly JobRecord[]> {
  if (found.length === 0) return [];
  const seqs = new Map(found.map(({ id, evt }) => [id, evt!.seq]));
  const records = await store.read([...seqs.keys()], 'majority');
  return records.filter(({ id, state, evt }) => TERMINAL_STATES.includes(state) && evt?.seq === seqs.get(id));
}

/** The same id on every repetition, so that receivers can drop duplicates. */
function eventOf(record: JobRecord): JobEvent {
  return {
    id: `${record.id}:${record.evt!.seq}`,
    jobId: record.id,
    tenant: record.tenant,
    type: record.type,
    event: record.state.toLowerCase(),
    at: record.doneAt ?? record.createdAt,
  };
}

function groupBySeq(records: readonly JobRecord[]): Map<number, JobRecord[]> {
  const groups = new Map<number, JobRecord[]>();
  for (const record of records) {
    const seq = record.evt!.seq;
    const group = groups.get(seq);
    if (group) group.push(record);
    else groups.set(seq, [record]);
  }
  return groups;
}
