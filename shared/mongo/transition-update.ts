import type { Document } from 'mongodb';
import type { FieldValue, Transition } from '../domain/transition.ts';

/** The expression of a value. User data stands under `$literal`: there `$` and dots mean nothing, and objects replace. */
function expressionOf(value: FieldValue, path: string): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Date) return { $literal: value };
  if ('literal' in value) return { $literal: value.literal };
  if ('serverNowPlusMs' in value) return value.serverNowPlusMs === 0 ? '$$NOW' : { $add: ['$$NOW', value.serverNowPlusMs] };
  if ('field' in value) return value.plus === undefined ? `$${value.field}` : { $add: [`$${value.field}`, value.plus] };
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

/**
 * The update of a transition, as a pipeline: only there `$$NOW` is the server's clock. What refers to the record as it was
 * comes first, then what is taken away, then what is set.
 */
export function transitionUpdate({ unset = [], set = {}, inc = {}, append }: Transition): Document[] {
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
