import type { JobRecord } from '../../shared/domain/job.ts';
import type { Condition, FieldValue, ServerTime, Transition } from '../../shared/domain/transition.ts';
import { copyOf } from './copy-of.ts';

type Fields = Record<string, unknown>;

function valueAt(fields: Fields, path: string): unknown {
  if (!path.includes('.')) return fields[path];
  return path.split('.').reduce<unknown>((value, key) => (value as Fields | undefined)?.[key], fields);
}

/** The object that holds the last key of the path, as a copy of its own all the way: what is not touched is shared. */
function ownParent(fields: Fields, path: string): { readonly parent: Fields; readonly last: string } {
  const dot = path.indexOf('.');
  if (dot < 0) return { parent: fields, last: path };
  const key = path.slice(0, dot);
  return ownParent((fields[key] = { ...(fields[key] as Fields | undefined) }), path.slice(dot + 1));
}

function put(fields: Fields, path: string, value: unknown): void {
  const { parent, last } = ownParent(fields, path);
  parent[last] = value;
}

/** The fields without those of the paths: a new object, since `delete` makes all later reads of it slow. */
function without(fields: Fields, paths: readonly string[]): Fields {
  const rest: Fields = {};
  for (const key in fields) if (!paths.includes(key)) rest[key] = fields[key];
  for (const path of paths) {
    const dot = path.indexOf('.');
    if (dot < 0) continue;
    const key = path.slice(0, dot);
    if (rest[key] !== undefined) rest[key] = without(rest[key] as Fields, [path.slice(dot + 1)]);
  }
  return rest;
}

function momentOf({ serverNowPlusMs, notBefore }: ServerTime, before: Fields, now: Date): Date {
  const earliest = notBefore === undefined ? [] : datesAt(before, notBefore.split('.'));
  return new Date(Math.max(now.getTime() + serverNowPlusMs, ...earliest.map((date) => date.getTime())));
}

/** The dates at a path, through arrays. */
function datesAt(value: unknown, path: readonly string[]): readonly Date[] {
  if (Array.isArray(value)) return value.flatMap((element) => datesAt(element, path));
  if (path.length === 0) return value instanceof Date ? [value] : [];
  return datesAt((value as Fields | undefined)?.[path[0]!], path.slice(1));
}

/** The value of an update, by the record as it was before; undefined where the key is left out. */
function resolve(value: FieldValue, before: Fields, path: string, now: Date): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if ('literal' in value) return copyOf(value.literal);
  if ('serverNowPlusMs' in value) return momentOf(value, before, now);
  if ('field' in value) {
    const own = valueAt(before, value.field);
    if (value.plus === undefined || own === undefined) return copyOf(own);
    return own instanceof Date ? new Date(own.getTime() + value.plus) : Number(own) + value.plus;
  }
  return Math.max(Number(valueAt(before, path) ?? 0), value.atLeast);
}

function isOneOf<T>(value: T | undefined, wanted: T | readonly T[] | undefined): boolean {
  if (wanted === undefined) return true;
  return Array.isArray(wanted) ? wanted.includes(value) : value === wanted;
}

function debtIsAsWanted({ pub }: JobRecord, { pubBy, pubTo, pubDue, pubDueAbsent }: Condition, now: Date): boolean {
  return (
    isOneOf(pub?.by, pubBy) &&
    (pubTo === undefined || (pub?.to ?? 'none') === pubTo) &&
    (!pubDue || (pub?.due !== undefined && pub.due <= now)) &&
    (!pubDueAbsent || pub?.due === undefined)
  );
}

/** True when every part of the condition holds for the record at this time of the store's clock. */
export function meetsCondition(record: JobRecord, when: Condition, now: Date): boolean {
  const { state, stage, gen, claim, active, leaseExpired, deadlinePassed, evtSeq, formerGen, keeps = [] } = when;
  return (
    isOneOf(record.state, state) &&
    isOneOf(record.stage, stage) &&
    isOneOf(record.gen, gen) &&
    isOneOf(record.claim, claim) &&
    isOneOf(record.active, active) &&
    isOneOf(record.evt?.seq, evtSeq) &&
    isOneOf(record.former?.gen, formerGen) &&
    keeps.every((part) => record.removed?.[part] === undefined) &&
    (!leaseExpired || (record.lease !== undefined && record.lease.until < now)) &&
    (!deadlinePassed || (record.deadlineAt !== undefined && record.deadlineAt < now)) &&
    debtIsAsWanted(record, when, now)
  );
}

/** @throws Error when the record has other values than the transition claims to know: a store may write those. */
function checkKnown(record: JobRecord, { name, known }: Transition): void {
  if (!known) return;
  const before = record as unknown as Fields;
  for (const [field, value] of Object.entries(known.fields))
    if (before[field] !== value) throw new Error(`${name} knows of ${record.id} that ${field} is ${value}, and it is ${before[field]}`);
  const newestMs = Math.max(record.createdAt.getTime(), ...datesAt(before, ['results', 'at']).map(Number));
  if (newestMs > known.notBefore.getTime())
    throw new Error(`${name} knows of nothing in ${record.id} later than ${known.notBefore.toISOString()}`);
}

/** The record after the transition: unset, then set and inc, then append; references mean the record before, which stays as it was. */
export function applyUpdate(record: JobRecord, transition: Transition, now: Date): JobRecord {
  const { unset = [], set = {}, inc = {}, append } = transition;
  checkKnown(record, transition);
  const before = record as unknown as Fields;
  const after = without(before, unset);
  for (const [path, value] of Object.entries(set)) {
    const resolved = resolve(value, before, path, now);
    if (resolved !== undefined) put(after, path, resolved);
  }
  for (const [path, amount] of Object.entries(inc)) put(after, path, Number(valueAt(before, path) ?? 0) + amount);
  if (append) {
    const entry: Fields = {};
    for (const [key, value] of Object.entries(append.value)) {
      const resolved = resolve(value, before, key, now);
      if (resolved !== undefined) entry[key] = resolved;
    }
    const list = [...((after[append.path] as readonly unknown[] | undefined) ?? []), entry];
    after[append.path] = append.keepLast === undefined ? list : list.slice(-append.keepLast);
  }
  return after as unknown as JobRecord;
}
