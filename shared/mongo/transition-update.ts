import type { Document } from 'mongodb';
import type { FieldValue, Known, ServerTime, Transition } from '../domain/transition.ts';

/** `$max` of one operand looks into an array, of several it does not; what is absent counts for nothing. */
function momentOf({ serverNowPlusMs, notBefore }: ServerTime): unknown {
  const now = serverNowPlusMs === 0 ? '$$NOW' : { $add: ['$$NOW', serverNowPlusMs] };
  return notBefore === undefined ? now : { $max: [now, { $max: `$${notBefore}` }] };
}

/** The expression of a value. User data stands under `$literal`: there `$` and dots mean nothing, and objects replace. */
function expressionOf(value: FieldValue, path: string): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Date) return { $literal: value };
  if ('literal' in value) return { $literal: value.literal };
  if ('serverNowPlusMs' in value) return momentOf(value);
  // Null plus something is null; a field that is absent changes nothing.
  if ('field' in value)
    return value.plus === undefined ? `$${value.field}` : { $ifNull: [{ $add: [`$${value.field}`, value.plus] }, `$${path}`] };
  return { $max: [{ $ifNull: [`$${path}`, 0] }, value.atLeast] };
}

/** An absent field in an object expression leaves its key out. */
function appended({ path, value, keepLast }: NonNullable<Transition['append']>): Document {
  const element = Object.fromEntries(Object.entries(value).map(([key, one]) => [key, expressionOf(one, key)]));
  const whole = { $concatArrays: [{ $ifNull: [`$${path}`, []] }, [element]] };
  return { [path]: keepLast === undefined ? whole : { $slice: [whole, -keepLast] } };
}

function isFieldRef(value: FieldValue): boolean {
  return typeof value === 'object' && value !== null && 'field' in value;
}

/** Paths that MongoDB refuses to change in one update by operators: one is the other, or lies in it. */
function hasOverlap(paths: readonly string[]): boolean {
  return paths.some((a, index) => paths.some((b, other) => index !== other && (a === b || b.startsWith(`${a}.`))));
}

/** The value as an operator takes it; undefined for one that a pipeline has to compute, or to keep from being understood. */
function plainValue(value: FieldValue): string | number | boolean | Date | undefined {
  const plain = typeof value === 'object' && value !== null && 'literal' in value ? value.literal : value;
  const isPlain = ['string', 'number', 'boolean'].includes(typeof plain) || plain instanceof Date;
  return isPlain ? (plain as string) : undefined;
}

function isServerNow(value: FieldValue): boolean {
  return typeof value === 'object' && value !== null && 'serverNowPlusMs' in value && value.serverNowPlusMs === 0 && !value.notBefore;
}

/** The same by operators, where nothing is computed from the record or from the clock: a fifth cheaper for the server. */
function operatorUpdate({ unset = [], set = {}, inc = {}, append }: Transition): Document | undefined {
  const setting = Object.entries(set);
  if (append || hasOverlap([...unset, ...Object.keys(set), ...Object.keys(inc)])) return undefined;
  const now = setting.filter(([, value]) => isServerNow(value)).map(([path]) => [path, true]);
  const plain = setting.filter(([, value]) => !isServerNow(value)).map(([path, value]) => [path, plainValue(value)] as const);
  if (plain.some(([, value]) => value === undefined)) return undefined;
  return {
    ...operators(unset, Object.fromEntries(plain), inc),
    ...(now.length > 0 && { $currentDate: Object.fromEntries(now) }),
  };
}

/** Those that have something to do. */
function operators(unset: readonly string[], set: Document, inc: Readonly<Record<string, number>>): Document {
  return {
    ...(unset.length > 0 && { $unset: Object.fromEntries(unset.map((path) => [path, ''])) }),
    ...(Object.keys(set).length > 0 && { $set: set }),
    ...(Object.keys(inc).length > 0 && { $inc: inc }),
  };
}

type Plain = NonNullable<ReturnType<typeof plainValue>>;

/** The value where what is known of the records says it; undefined where it does not. */
function knownValue(value: FieldValue, { fields, notBefore }: Known, nowMs: number): Plain | undefined {
  if (typeof value !== 'object' || value === null || value instanceof Date) return plainValue(value);
  if ('serverNowPlusMs' in value) {
    const atMs = nowMs + value.serverNowPlusMs;
    return new Date(value.notBefore === undefined ? atMs : Math.max(atMs, notBefore.getTime()));
  }
  if (!('field' in value)) return plainValue(value);
  const own = fields[value.field];
  return own === undefined ? undefined : own + (value.plus ?? 0);
}

/** All values of an object, or undefined when one of them is not known. */
function knownValues(values: Readonly<Record<string, FieldValue>>, known: Known, nowMs: number): Map<string, Plain> | undefined {
  const plain = new Map<string, Plain>();
  for (const [path, value] of Object.entries(values)) {
    const one = knownValue(value, known, nowMs);
    if (one === undefined) return undefined;
    plain.set(path, one);
  }
  return plain;
}

/** An object that is taken away and set anew in parts is set as a whole. */
function wholeObjects(setting: ReadonlyMap<string, Plain>, unset: readonly string[]): Record<string, Plain | Record<string, Plain>> {
  const wholes: Record<string, Plain | Record<string, Plain>> = {};
  for (const [path, value] of setting) {
    const root = unset.find((one) => path.startsWith(`${one}.`) && !path.includes('.', one.length + 1));
    if (root === undefined) wholes[path] = value;
    else wholes[root] = { ...(wholes[root] as Record<string, Plain> | undefined), [path.slice(root.length + 1)]: value };
  }
  return wholes;
}

/** By operators, with what is known of the records instead of expressions (docs/performance.md, "What a job costs the database"). */
function knownUpdate({ unset = [], set = {}, inc = {}, append }: Transition, known: Known, now: Date): Document | undefined {
  const nowMs = Math.max(now.getTime(), known.notBefore.getTime());
  const setting = knownValues(set, known, nowMs);
  const element = append && knownValues(append.value, known, nowMs);
  if (!setting || (append && !element)) return undefined;
  const wholes = wholeObjects(setting, unset);
  const removed = unset.filter((path) => !(path in wholes));
  if (hasOverlap([...removed, ...Object.keys(wholes), ...Object.keys(inc), ...(append ? [append.path] : [])])) return undefined;
  return {
    ...operators(removed, wholes, inc),
    ...(append && { $push: { [append.path]: pushed(Object.fromEntries(element!), append.keepLast) } }),
  };
}

function pushed(element: Document, keepLast: number | undefined): Document {
  return keepLast === undefined ? element : { $each: [element], $slice: -keepLast };
}

/**
 * The update of a transition: by operators where they can say it, else as a pipeline.
 * @param now the server's clock as it is estimated; of use where something is known of the records.
 */
export function transitionUpdate(transition: Transition, now?: Date): Document | Document[] {
  const { known } = transition;
  return (known && now && knownUpdate(transition, known, now)) ?? operatorUpdate(transition) ?? pipelineUpdate(transition);
}

/**
 * The update of a transition, as a pipeline: only there `$$NOW` is the server's clock. What refers to the record as it was
 * comes first, then what is taken away, then what is set.
 */
function pipelineUpdate({ unset = [], set = {}, inc = {}, append }: Transition): Document[] {
  const entries = Object.entries(set);
  const referring = entries.filter(([, value]) => isFieldRef(value)).map(([path, value]) => [path, expressionOf(value, path)]);
  const first = { ...(append && appended(append)), ...Object.fromEntries(referring) };
  const setting = entries.filter(([, value]) => !isFieldRef(value)).map(([path, value]) => [path, expressionOf(value, path)]);
  const adding = Object.entries(inc).map(([path, amount]) => [path, { $add: [{ $ifNull: [`$${path}`, 0] }, amount] }]);
  const last = Object.fromEntries([...setting, ...adding]);
  return [
    ...(Object.keys(first).length > 0 ? [{ $set: first }] : []),
    ...(unset.length > 0 ? [{ $unset: [...unset] }] : []),
    ...(Object.keys(last).length > 0 ? [{ $set: last }] : []),
  ];
}
