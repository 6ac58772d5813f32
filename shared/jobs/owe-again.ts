import { groupBy } from '../domain/group-by.ts';
import type { JobRecord } from '../domain/job.ts';
import { OWED_AFTER_MS, rearm } from '../domain/transitions.ts';
import type { Clock } from '../ports/clock.ts';
import type { JobStore } from '../ports/job-store.ts';
import type { BellTicket } from './bell-ticket.ts';
import { type Ring, type Ringer, ringOf } from './ringer.ts';
import { untilStoreAnswers } from './store-patience.ts';

export interface OweAgainDeps {
  readonly store: JobStore;
  readonly clock: Clock;
  readonly ringer: Ringer;
  readonly closed: AbortSignal;
}

/**
 * Gives bells back through their records: each is owed again, durably, acknowledged on that, and rung at once. A bell that
 * were merely published again would stand at the queue's tail with an old mark, and the audit would take it for lost.
 * @returns those that are still to be looked into: their jobs are not QUEUED at the bell's generation.
 * @throws StoppedError when the engine closes while the store is away; nothing is acknowledged then.
 */
export async function oweAgain(deps: OweAgainDeps, tickets: readonly BellTicket[]): Promise<readonly BellTicket[]> {
  const { store, clock, closed, ringer } = deps;
  const tokens = new Map<number, string>();
  for (const [gen, group] of groupBy(tickets, ({ bell }) => bell.gen)) {
    const ids = group.map(({ bell }) => bell.id);
    // Each try is a debt of its own: one whose outcome is not known may have been taken by the relay meanwhile.
    await untilStoreAnswers(clock, closed, () => {
      const token = clock.uuid();
      tokens.set(gen, token);
      return store.apply(ids, rearm(gen, token, OWED_AFTER_MS));
    });
  }
  const read = () =>
    store.read(
      tickets.map(({ bell }) => bell.id),
      'local',
    );
  const records = new Map((await untilStoreAnswers(clock, closed, read)).map((record) => [record.id, record]));
  const isOwed = ({ bell }: BellTicket): boolean => {
    const record = records.get(bell.id);
    return record?.gen === bell.gen && record.pub?.by === tokens.get(bell.gen);
  };
  const owed = tickets.filter(isOwed);
  for (const ticket of owed) ticket.settle();
  void ringer.ring([...new Set(owed.map(({ bell }) => bell.id))].map((id) => ringAgain(records.get(id)!, tokens)));
  return tickets.filter((ticket) => !isOwed(ticket));
}

function ringAgain(record: JobRecord, tokens: ReadonlyMap<number, string>): Ring {
  return ringOf(record, tokens.get(record.gen)!);
}
