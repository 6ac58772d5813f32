import { randomBytes } from 'node:crypto';
import type { BenchJob } from '../suite/contender.ts';

/** Text that does not become smaller on the way to the disk, and whose parts differ: a page of the database holds several jobs. */
const POOL = randomBytes(3_000_000).toString('base64');
const STEP = 7_919;

/** Jobs `from` to `from + count - 1`, each with exactly this many bytes of payload, from 40. */
export function sizedJobs(from: number, count: number, bytes: number): readonly BenchJob[] {
  return Array.from({ length: count }, (_, index) => {
    const n = from + index;
    const missing = bytes - JSON.stringify({ n, note: '' }).length;
    const start = (n * STEP) % (POOL.length - missing);
    return { n, payload: { n, note: POOL.slice(start, start + missing) } };
  });
}
