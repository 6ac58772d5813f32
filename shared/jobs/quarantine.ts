/** One at a time: jobs that have crashed a worker twice run alone (PROTOCOL T8). */
export class Quarantine {
  #tail: Promise<unknown> = Promise.resolve();

  /** Runs the task after all earlier ones have ended. */
  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(task);
    this.#tail = result.catch(() => undefined);
    return result;
  }
}
