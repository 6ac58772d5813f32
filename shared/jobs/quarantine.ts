/** What waits for the quarantine is handed back for at least this long. */
const LEAST_WAIT_MS = 1_000;
const MOST_WAIT_MS = 60_000;

/**
 * Room for one job at a time: those that have crashed a worker run alone among their kind (PROTOCOL T8). Which of the jobs
 * that a dead worker held has killed it is not known: together they would pay for it together, again and again.
 */
export class Quarantine {
  #sinceMs: number | undefined;

  /** @returns a function that leaves it again, or undefined while another job is in it. */
  enter(nowMs: number): (() => void) | undefined {
    if (this.#sinceMs !== undefined) return undefined;
    this.#sinceMs = nowMs;
    return () => {
      this.#sinceMs = undefined;
    };
  }

  /** When to try again: after as long as the job inside has run, so that a long one costs few tries; 1 s to 60 s. */
  waitMs(nowMs: number): number {
    return Math.min(Math.max(nowMs - (this.#sinceMs ?? nowMs), LEAST_WAIT_MS), MOST_WAIT_MS);
  }
}
