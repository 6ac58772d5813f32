/**
 * Tells work to stop, once, with a reason. Its AbortSignal is made when somebody asks for it: for most inline jobs nobody does,
 * and a signal a job was a third of what the engine does for it (docs/performance.md).
 */
export class StopSwitch<Reason extends string = string> {
  #reason: Reason | undefined;
  #controller: AbortController | undefined;
  #listeners: ((reason: Reason) => void)[] | undefined;

  /** Why it was stopped; undefined while it was not. */
  get reason(): Reason | undefined {
    return this.#reason;
  }

  get isStopped(): boolean {
    return this.#reason !== undefined;
  }

  /** Aborted with the reason. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** The first reason counts. */
  stop(reason: Reason): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#controller?.abort(reason);
    for (const tell of this.#listeners ?? []) tell(reason);
  }

  /** Calls it at the stop, or now when it was stopped already. */
  onStop(tell: (reason: Reason) => void): void {
    if (this.#reason !== undefined) return tell(this.#reason);
    this.#listeners ??= [];
    this.#listeners.push(tell);
  }
}
