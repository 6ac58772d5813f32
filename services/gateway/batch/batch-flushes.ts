import type { BatchItem, BatchOutcome } from './batch-item.ts';
import type { BatchSubmissions } from './batch-submissions.ts';
import { OrderedFlushes } from './ordered-flushes.ts';

/** More in one insert gave nothing (docs/performance.md). */
const MOST_ITEMS = 500;
/** Text of the lines in one flush: what large jobs take in memory is bounded by this, not by their number. */
const MOST_BYTES = 1_048_576;
/** One is being written while the other is checked and the next is read. */
const FLIGHTS = 2;

/** Submits the items of one batch in flushes of up to 500 items or 1 MiB, two at once. @param deliver is given the outcomes in the order of the items. */
export function batchFlushes(
  submissions: BatchSubmissions,
  deliver: (outcomes: readonly BatchOutcome[]) => Promise<void>,
): OrderedFlushes<BatchItem, readonly BatchOutcome[]> {
  return new OrderedFlushes({
    maxItems: MOST_ITEMS,
    maxBytes: MOST_BYTES,
    maxFlights: FLIGHTS,
    flush: (items) => submissions.submit(items),
    deliver,
  });
}
