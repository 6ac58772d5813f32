import type { Clock } from '../../../shared/ports/clock.ts';

/** An answer that many may ask for at once: asked for once, and kept for a moment. */
export class SharedAnswer<T> {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #keepMs: number;
  readonly #ask: () => Promise<T>;
  #answer: Promise<T> | undefined;
  #askedAtMs = 0;

  /** @param keepMs how old an answer may be. @param ask never rejects. */
  constructor(clock: Pick<Clock, 'monotonicMs'>, keepMs: number, ask: () => Promise<T>) {
    this.#clock = clock;
    this.#keepMs = keepMs;
    this.#ask = ask;
  }

  get(): Promise<T> {
    const nowMs = this.#clock.monotonicMs();
    if (this.#answer === undefined || nowMs - this.#askedAtMs > this.#keepMs) {
      this.#askedAtMs = nowMs;
      this.#answer = this.#ask();
    }
    return this.#answer;
  }
}
