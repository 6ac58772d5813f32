import type { BenchJob } from './contender.ts';

const PAYLOAD_BYTES = 200;

/** Jobs `from` to `from + count - 1`, each with about 200 bytes of payload. */
export function jobsFrom(from: number, count: number): readonly BenchJob[] {
  return Array.from({ length: count }, (_, index) => benchJob(from + index));
}

function benchJob(n: number): BenchJob {
  const fields = { n, customer: `C-${n % 5_000}`, note: '' };
  const missing = PAYLOAD_BYTES - JSON.stringify(fields).length;
  return { n, payload: { ...fields, note: 'x'.repeat(Math.max(missing, 0)) } };
}

/** Arrays of at most `size`, in order. */
export function chunksOf<T>(all: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, index) => all.slice(index * size, (index + 1) * size));
}

/** Runs `work` on all, at most `inFlight` at a time. */
export async function eachInFlight<T>(all: readonly T[], inFlight: number, work: (one: T) => Promise<unknown>): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < all.length) await work(all[next++]!);
  };
  await Promise.all(Array.from({ length: Math.min(inFlight, all.length) }, lane));
}
