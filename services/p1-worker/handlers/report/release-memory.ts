/** Columns between two collections. */
const EVERY = 25;

/**
 * Frees what the database's results hold outside the JavaScript heap: they are released only when their objects are
 * collected, which a small heap seldom is (measured: 70 MiB over 500 columns). Does nothing unless Node runs with
 * `--expose-gc`, as handler processes do.
 * @param done Columns done so far.
 */
export function releaseMemory(done: number): void {
  if (done % EVERY === 0) globalThis.gc?.();
}
