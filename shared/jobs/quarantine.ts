import type { BellTicket } from './bell-ticket.ts';

/** What waits for the quarantine is handed back for at least this long. */
const LEAST_WAIT_MS = 1_000;
const MOST_WAIT_MS = 60_000;
/** Those handed back that this process remembers; others come by the relay. */
const MOST_REMEMBERED = 1_000;

/**
 * Room for one job at a time: those that have crashed a worker run alone among their kind (PROTOCOL T8). Which of the jobs
 * that a dead worker held has killed it is not known: together they would pay for it together, again and again.
 */
export class Quarantine {
  #sinceMs: number | undefined;
  /** How long the last job was inside. */
  #stayMs = LEAST_WAIT_MS;
  /** Until when those that were handed back so far will have had their turns. */
  #givenUntilMs = 0;
  readonly #handedBack: BellTicket[] = [];
  readonly #onFree: (next: BellTicket) => void;

  /** @param onFree given the next of those that were handed back, whose turn it is. */
  constructor(onFree: (next: BellTicket) => void = () => {}) {
    this.#onFree = onFree;
  }

  /** @returns a function that leaves it again, or undefined while another job is in it. */
  enter(nowMs: number): ((leftMs: number) => void) | undefined {
    if (this.#sinceMs !== undefined) return undefined;
    this.#sinceMs = nowMs;
    return (leftMs) => {
      this.#stayMs = Math.max(leftMs - nowMs, 0);
      this.#sinceMs = undefined;
      const next = this.#handedBack.shift();
      if (next) this.#onFree(next);
    };
  }

  /** Its turn comes as soon as the quarantine is free: the debt that it was handed back with is there in case this process dies. */
  remember(next: BellTicket): void {
    if (this.#sinceMs !== undefined && this.#handedBack.length < MOST_REMEMBERED) this.#handedBack.push(next);
  }

  /**
   * When to try again: after as long as the job inside has run, so that a long one costs few tries, and one after the other,
   * so that a hundred jobs of one dead worker do not come back all at once, and again for each that had its turn; 1 s to 60 s.
   */
  waitMs(nowMs: number): number {
    const insideMs = nowMs - (this.#sinceMs ?? nowMs);
    this.#givenUntilMs = Math.max(this.#givenUntilMs, nowMs + insideMs) + this.#stayMs;
    const waitMs = Math.min(Math.max(this.#givenUntilMs - nowMs, LEAST_WAIT_MS), MOST_WAIT_MS);
    this.#givenUntilMs = Math.min(this.#givenUntilMs, nowMs + MOST_WAIT_MS);
    return waitMs;
  }
}
