import type { Filter } from 'mongodb';
import type { Condition } from '../domain/transition.ts';
import type { JobDocument } from './job-document.ts';

function oneOf<T>(value: T | readonly T[]): { $eq: T } | { $in: readonly T[] } {
  return Array.isArray(value) ? { $in: value as readonly T[] } : { $eq: value as T };
}

/** True when a date of the record is before (or at) the server's clock. A missing field would sort before any date. */
function isPast(path: string, comparison: '$lt' | '$lte'): object {
  return { [path]: { $exists: true }, $expr: { [comparison]: [`$${path}`, '$$NOW'] } };
}

/** The parts of a filter for a condition; every value stands behind an operator, so none can be one. */
export function conditionFilters(when: Condition): Filter<JobDocument>[] {
  const parts: object[] = [];
  if (when.state !== undefined) parts.push({ state: oneOf(when.state) });
  if (when.stage !== undefined) parts.push({ stage: { $eq: when.stage } });
  if (when.gen !== undefined) parts.push({ gen: { $eq: when.gen } });
  if (when.claim !== undefined) parts.push({ claim: oneOf(when.claim) });
  if (when.active !== undefined) parts.push({ active: { $eq: true } });
  if (when.pubBy !== undefined) parts.push({ 'pub.by': oneOf(when.pubBy) });
  if (when.pubTo !== undefined) parts.push({ 'pub.to': when.pubTo === 'none' ? { $exists: false } : { $eq: when.pubTo } });
  if (when.pubDue) parts.push(isPast('pub.due', '$lte'));
  if (when.pubDueAbsent) parts.push({ 'pub.due': { $exists: false } });
  if (when.leaseExpired) parts.push(isPast('lease.until', '$lt'));
  if (when.deadlinePassed) parts.push(isPast('deadlineAt', '$lt'));
  if (when.evtSeq !== undefined) parts.push({ 'evt.seq': { $eq: when.evtSeq } });
  if (when.formerGen !== undefined) parts.push({ 'former.gen': { $eq: when.formerGen } });
  for (const part of when.keeps ?? []) parts.push({ [`removed.${part}`]: { $exists: false } });
  return parts as Filter<JobDocument>[];
}

/** Filter for those of the ids whose record meets the condition. */
export function conditionFilter(ids: readonly string[], when: Condition): Filter<JobDocument> {
  const byId = { _id: ids.length === 1 ? { $eq: ids[0]! } : { $in: ids as string[] } };
  return { $and: [byId, ...conditionFilters(when)] } as Filter<JobDocument>;
}
