import type { JobRecord } from '../domain/job.ts';
import { markEvent, takeEvent } from '../domain/transitions.ts';
import type { JobStore } from '../ports/job-store.ts';
import type { JobEvent, MessageBus } from '../ports/message-bus.ts';

const BATCH = 500;

/** T12: publishes the terminal events that are owed, at least once each. @returns how many were confirmed. */
export async function relayEvents({ store, bus }: { store: JobStore; bus: MessageBus }, signal: AbortSignal): Promise<number> {
  let published = 0;
  while (!signal.aborted && bus.canPublish()) {
    const due = await store.find({ kind: 'event_due' }, BATCH);
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
    await Promise.all(
      [...groupBySeq(confirmed)].map(([seq, group]) =>
        store.apply(
          group.map((record) => record.id),
          markEvent(seq),
        ),
      ),
    );
    published += confirmed.length;
    if (due.length < BATCH) break;
  }
  return published;
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
