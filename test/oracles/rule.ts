import type { JobRecord } from '../../shared/domain/job.ts';
import { OWED_AFTER_MS } from '../../shared/domain/transitions.ts';
import type { JobMemory } from './job-memory.ts';
import { sameValue } from './same-value.ts';

/** A change of a record that existed before and exists after it. */
export interface Step {
  readonly before: JobRecord;
  readonly after: JobRecord;
  /** Moment of the write on the store's clock: not before the moments that the write itself set. */
  readonly atMs: number;
  /** What the job's history was until this change. */
  readonly memory: JobMemory;
}

export type Field = keyof JobRecord;

/** One promise of docs/protocol.md. */
export interface Rule<S = Step> {
  /** What it says, short, e.g. `gen+1`. */
  readonly name: string;
  /** Fields that a change of this kind may touch because of this rule. */
  readonly fields: readonly Field[];
  /** @returns what is wrong, or undefined when the rule holds. */
  readonly broken: (step: S) => string | undefined;
}

const show = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value));

/** A rule from a condition. */
export function rule(name: string, fields: readonly Field[], holds: (step: Step) => boolean): Rule {
  const broken = (step: Step): string | undefined => {
    if (holds(step)) return undefined;
    if (fields.length === 0) return `${step.before.state} → ${step.after.state}`;
    return fields.map((field) => `${field}: ${show(step.before[field])} → ${show(step.after[field])}`).join(', ');
  };
  return { name, fields, broken };
}

/** The counter moves by so much. */
export function moves(field: 'gen' | 'epoch' | 'stage' | 'run' | 'attempt' | 'crashes', by: number): Rule {
  return rule(`${field}${by < 0 ? '-' : '+'}${Math.abs(by)}`, [field], ({ before, after }) => after[field] === before[field] + by);
}

export function becomes<F extends Field>(field: F, value: JobRecord[F]): Rule {
  return rule(`${field} becomes ${value}`, [field], ({ after }) => sameValue(after[field], value));
}

/** The state tells the kind of a change apart, so no rule of the kind can be broken by it: it may change, that is all. */
export const stateTurns: Rule = { name: 'state turns', fields: ['state'], broken: () => undefined };

/** The field is absent afterwards. */
export function gone(field: Field): Rule {
  return rule(`${field} goes`, [field], ({ after }) => after[field] === undefined);
}

/** One entry more in the log, of this event, with stage, attempt and run as they were; the last 20 are kept. */
export function logged(event: string, { byHolder = false } = {}): Rule {
  return rule(`log says ${event}`, ['log'], ({ before, after, atMs }) => {
    const entry = after.log.at(-1);
    if (!entry || entry.event !== event || entry.at.getTime() > atMs) return false;
    if (entry.stage !== before.stage || entry.attempt !== before.attempt || entry.run !== before.run) return false;
    if (byHolder && entry.claim !== before.claim) return false;
    return sameValue(after.log, [...before.log, entry].slice(-20));
  });
}

/** No one holds the job any more, and a late read-back does not find itself the winner. */
export const noHolder: readonly Rule[] = [gone('claim'), gone('owner'), gone('lease'), gone('startedAt')];

/** The error that ended the attempt is shown. */
export const errIsSet: Rule = rule('err is set', ['err'], ({ after }) => typeof after.err?.code === 'string');

/** The event of an end is owed, and is another one than any before. */
export const evtOwed: Rule = rule('evt is owed at once, seq+1', ['evt'], ({ before, after, atMs }) => {
  const { seq, due } = after.evt ?? {};
  return seq === (before.evt?.seq ?? 0) + 1 && due !== undefined && due.getTime() <= atMs;
});

/**
 * The event of a completed job is owed by the record, at once or when its worker should have told it, or by a note: the simulation looks for
 * it there.
 */
const evtOwedOrNoted: Rule = rule('evt is owed within 15 s or noted, seq+1', ['evt'], ({ before, after, atMs }) => {
  const { seq, due } = after.evt ?? {};
  return seq === (before.evt?.seq ?? 0) + 1 && (due === undefined || due.getTime() <= atMs + OWED_AFTER_MS);
});

/** The times of an end. */
const ended: readonly Rule[] = [
  stateTurns,
  moves('gen', 1),
  gone('active'),
  rule('doneAt is the moment of the end', ['doneAt'], ({ after, atMs }) => after.doneAt !== undefined && after.doneAt.getTime() <= atMs),
  rule('expireAt is later than doneAt', ['expireAt'], ({ after }) => {
    const { doneAt, expireAt } = after;
    return doneAt !== undefined && expireAt !== undefined && expireAt > doneAt;
  }),
];

/** An end, and its event owed at once. */
export const ends: readonly Rule[] = [...ended, evtOwed];

/** The end of the last stage. */
export const completes: readonly Rule[] = [...ended, evtOwedOrNoted];

/** A new debt has a token that no debt of this job had: a late mark must not erase it. */
export const newToken: Rule = rule('pub.by is new', ['pub'], ({ before, after, memory }) => {
  const by = after.pub?.by;
  return by !== undefined && by !== before.pub?.by && !memory.tokens.has(by);
});

/** `pub` has exactly these keys: what was there is replaced. */
export function pubHas(...keys: readonly string[]): Rule {
  return rule(`pub has ${keys.join(', ')} and no more`, ['pub'], ({ after }) => {
    const present = Object.entries(after.pub ?? {}).flatMap(([key, value]) => (value === undefined ? [] : key));
    return sameValue([...present].sort(), [...keys].sort());
  });
}

/** The debt is due at this moment or later; the moment is read from the record, as the same write set it. */
export function dueFrom(what: string, momentOf: (after: JobRecord) => Date | undefined): Rule {
  return rule(`pub.due is ${what} or later`, ['pub'], ({ after }) => {
    const moment = momentOf(after);
    return moment !== undefined && after.pub?.due !== undefined && after.pub.due >= moment;
  });
}

/** The debt is due at once. */
export const dueNow: Rule = rule(
  'pub.due is now',
  ['pub'],
  ({ after, atMs }) => after.pub?.due !== undefined && after.pub.due.getTime() <= atMs,
);

/** Everything else in `pub` stays. */
export function pubKeeps(...keys: readonly ('at' | 'to' | 'by' | 'for')[]): Rule {
  return rule(`pub keeps ${keys.join(', ')}`, ['pub'], ({ before, after }) =>
    keys.every((key) => sameValue(before.pub?.[key], after.pub?.[key])),
  );
}
