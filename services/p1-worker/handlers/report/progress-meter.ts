/** Turns the progress of phases into one that only grows, 0..1. */
export class ProgressMeter {
  readonly #report: (fraction: number) => void;
  #reached = 0;

  constructor(report: (fraction: number) => void) {
    this.#report = report;
  }

  /** A phase that covers `from`..`to` of the whole; call the result with 0..1 of the phase. */
  phase(from: number, to: number): (fraction: number) => void {
    return (fraction) => {
      const whole = from + Math.min(Math.max(fraction, 0), 1) * (to - from);
      if (whole <= this.#reached) return;
      this.#reached = whole;
      this.#report(whole);
    };
  }
}
