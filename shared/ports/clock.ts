/** Time and chance as the use cases see them; simulated in tests. */
export interface Clock {
  /** Wall clock of this process: for display and backoff only, never for deciding who may commit. */
  now(): Date;
  /** Monotonic, in ms. */
  monotonicMs(): number;
  /** Resolves after `ms`, at once when the signal is or gets aborted. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** 0 <= value < 1. */
  random(): number;
  /** A UUIDv7. */
  uuid(): string;
}
