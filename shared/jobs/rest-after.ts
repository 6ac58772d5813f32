/** So many times what it took. */
const LEAST_REST = 19;

/**
 * How long to rest after something that is done again and again: it takes at most a twentieth of the time, so that a backlog that is
 * dear to count is counted more rarely. @param leastMs for what takes next to nothing.
 */
export function restAfter(tookMs: number, leastMs: number): number {
  return Math.max(leastMs, tookMs * LEAST_REST);
}
