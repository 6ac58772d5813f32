import type { Breaker } from '../domain/control/breaker.ts';

/** Breakers, shared by all processes. Durable (majority) when it returns. Methods throw `StoreUnavailableError`. */
export interface Breakers {
  /** All of them, by id, as of one moment of the store's clock. */
  list(): Promise<{ readonly now: Date; readonly breakers: readonly Breaker[] }>;
  read(id: string): Promise<{ readonly now: Date; readonly breaker?: Breaker }>;
  /** Writes it in place of the version before its own. @returns false where another version is there. */
  swap(breaker: Breaker): Promise<boolean>;
}
