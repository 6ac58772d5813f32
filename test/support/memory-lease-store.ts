import type { Clock } from '../../shared/ports/clock.ts';
import type { LeaseStore } from '../../shared/ports/lease-store.ts';

/** A LeaseStore in memory that passes the contract of the real one. */
export class MemoryLeaseStore implements LeaseStore {
  readonly #clock: Clock;
  readonly #leases = new Map<string, { readonly owner: string; readonly untilMs: number }>();

  constructor({ clock }: { clock: Clock }) {
    this.#clock = clock;
  }

  async tryAcquire(name: string, owner: string, ttlMs: number): Promise<boolean> {
    const nowMs = this.#clock.now().getTime();
    const held = this.#leases.get(name);
    if (held && held.owner !== owner && held.untilMs >= nowMs) return false;
    this.#leases.set(name, { owner, untilMs: nowMs + ttlMs });
    return true;
  }

  async release(name: string, owner: string): Promise<void> {
    if (this.#leases.get(name)?.owner === owner) this.#leases.delete(name);
  }
}
