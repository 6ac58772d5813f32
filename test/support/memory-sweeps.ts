import type { JobRecord } from '../../shared/domain/job.ts';
import type { SweepQuery } from '../../shared/ports/job-store.ts';

/** When the record's turn comes in the sweep's index; undefined: it is not in the sweep. */
type Turn = (record: JobRecord) => Date | undefined;

function turnIn(query: SweepQuery, now: Date): Turn {
  const past = (at: Date | undefined): Date | undefined => (at && at < now ? at : undefined);
  switch (query.kind) {
    case 'due': {
      const until = new Date(now.getTime() - (query.lateMs ?? 0));
      return ({ pub }) => (pub?.due && pub.due <= until ? pub.due : undefined);
    }
    case 'lease_expired':
      return ({ state, lease }) => (state === 'RUNNING' ? past(lease?.until) : undefined);
    case 'deadline_passed':
      return ({ active, deadlineAt }) => (active ? past(deadlineAt) : undefined);
    case 'lost_bell':
      return ({ state, stage, lane, type, pub }) => {
        const isHere = stage === query.stage && lane === query.lane && query.types.includes(type);
        return isHere && state === 'QUEUED' && pub?.due === undefined && pub?.at && pub.at < query.before ? pub.at : undefined;
      };
    case 'failed':
      return ({ state, doneAt, run, err, removed }) => {
        const isWanted = state === 'FAILED' && !removed?.payload && run <= query.maxRun && err?.errorClass !== 'reject';
        return isWanted && doneAt && doneAt >= query.from && doneAt < query.to ? doneAt : undefined;
      };
  }
}

/** Jobs that owe an event by now, oldest first. */
export function owingEvents(records: readonly JobRecord[], now: Date): readonly JobRecord[] {
  return records.filter(({ evt }) => evt?.due && evt.due <= now).sort((a, b) => a.evt!.due!.getTime() - b.evt!.due!.getTime());
}

/** What the sweep has to look at, in the order of its index. */
export function findInOrder(records: readonly JobRecord[], query: SweepQuery, now: Date): readonly JobRecord[] {
  const turn = turnIn(query, now);
  return records
    .flatMap((record) => {
      const at = turn(record);
      return at ? [{ record, atMs: at.getTime() }] : [];
    })
    .sort((a, b) => a.atMs - b.atMs)
    .map(({ record }) => record);
}
