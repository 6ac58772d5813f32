import type { JobRecord } from '../../shared/domain/job.ts';
import type { Rule } from './rule.ts';
import { sameValue } from './same-value.ts';

interface Birth {
  readonly after: JobRecord;
}

interface Removal {
  readonly before: JobRecord;
  readonly atMs: number;
}

const ENDED = ['COMPLETED', 'FAILED', 'CANCELED', 'EXPIRED'];
const START = { stage: 0, run: 0, gen: 1, epoch: 0, attempt: 0, crashes: 0, results: [], log: [], active: true } as const;
const LATER = ['claim', 'owner', 'lease', 'startedAt', 'err', 'evt', 'progress', 'doneAt', 'expireAt'] as const;

function birth(name: string, holds: (after: JobRecord) => boolean): Rule<Birth> {
  return { name, fields: [], broken: ({ after }) => (holds(after) ? undefined : JSON.stringify(after)) };
}

function removal(name: string, holds: (one: Removal) => boolean): Rule<Removal> {
  const broken = (one: Removal) => (holds(one) ? undefined : `${one.before.state}, kept until ${one.before.expireAt?.toISOString()}`);
  return { name, fields: [], broken };
}

/** T1: what the first write of a record is. */
export const INSERT_RULES: readonly Rule<Birth>[] = [
  birth('QUEUED, or SCHEDULED until run_at', ({ state, runAt }) => state === (runAt ? 'SCHEDULED' : 'QUEUED')),
  birth('counters at their start', (after) =>
    Object.entries(START).every(([key, value]) => sameValue(after[key as keyof typeof START], value)),
  ),
  birth('a debt with a token', ({ pub }) => pub?.due !== undefined && pub.by !== undefined && pub.at === undefined && pub.to === undefined),
  birth('due at run_at, or after its creation', ({ pub, runAt, createdAt }) => {
    return pub?.due !== undefined && (runAt ? sameValue(pub.due, runAt) : pub.due > createdAt);
  }),
  birth('nothing of a later state', (after) => LATER.every((field) => after[field] === undefined)),
];

/** Retention: what may be removed. */
export const DELETE_RULES: readonly Rule<Removal>[] = [
  removal('only ended jobs are removed', ({ before }) => ENDED.includes(before.state)),
  removal('not before expireAt', ({ before, atMs }) => before.expireAt !== undefined && before.expireAt.getTime() <= atMs),
];
