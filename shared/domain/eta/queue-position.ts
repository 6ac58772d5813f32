import { queuedSince } from '../cluster-sample.ts';
import type { JobRecord } from '../job.ts';

/** Jobs whose bell was marked as rung in [`from`, `to`). */
export interface MarkBand {
  readonly from: Date;
  readonly to: Date;
  readonly count: number;
}

/** The order of one stage and lane: bells in the order of their marks, then those without one, by age. */
export type QueueOrder =
  /** A short queue: the ids of all its jobs, first to last. */
  | { readonly ids: readonly string[] }
  /** A long one: bands of about equal counts, ascending; and the oldest and the newest job without a mark. */
  | { readonly bands: readonly MarkBand[]; readonly unmarked?: { readonly first: JobRecord; readonly last: JobRecord } };

/** A queue as it was sampled. */
export interface SampledQueue {
  readonly count: number;
  /** Of these, those whose bell was marked as rung. */
  readonly rung: number;
  readonly order: QueueOrder;
}

/** How far a moment lies in a span, 0 to 1; the middle of an empty one. */
function fraction(at: Date, from: Date, to: Date): number {
  const lengthMs = to.getTime() - from.getTime();
  return lengthMs <= 0 ? 0.5 : Math.min(Math.max((at.getTime() - from.getTime()) / lengthMs, 0), 1);
}

/** Jobs before a mark. */
function before(mark: Date, bands: readonly MarkBand[]): number {
  let sum = 0;
  for (const { from, to, count } of bands) {
    if (mark < from) break;
    sum += mark >= to && from < to ? count : fraction(mark, from, to) * (count - 1);
  }
  return sum;
}

/**
 * The place of a QUEUED job in its queue, from 1: exact where the queue was short, else interpolated between marks. Bells that
 * were not marked as rung come last, by age.
 * @param now the store's clock at the sample.
 * @returns undefined for a job that came after the sample: how many came before it is not known.
 */
export function queuePosition(record: JobRecord, { count, rung, order }: SampledQueue, now: Date): number | undefined {
  if ('ids' in order) {
    const index = order.ids.indexOf(record.id);
    return index < 0 ? undefined : index + 1;
  }
  const mark = record.pub?.at;
  if (mark && mark <= now) return Math.min(Math.floor(before(mark, order.bands)) + 1, count);
  if (mark || !order.unmarked) return undefined;
  const [first, last] = [queuedSince(order.unmarked.first, now), queuedSince(order.unmarked.last, now)];
  const since = queuedSince(record, now);
  return since > now ? undefined : rung + Math.floor(fraction(since, first, last) * (count - rung - 1)) + 1;
}
