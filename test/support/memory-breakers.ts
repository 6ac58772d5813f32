import type { Breaker } from '../../shared/domain/control/breaker.ts';
import type { Breakers } from '../../shared/ports/breakers.ts';
import type { Clock } from '../../shared/ports/clock.ts';

/** Breakers in memory that pass the contract of the real ones. */
export class MemoryBreakers implements Breakers {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #breakers = new Map<string, Breaker>();

  constructor({ clock }: { readonly clock: Pick<Clock, 'now'> }) {
    this.#clock = clock;
  }

  async list(): Promise<{ now: Date; breakers: readonly Breaker[] }> {
    const breakers = [...this.#breakers.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
    return structuredClone({ now: this.#clock.now(), breakers });
  }

  async read(id: string): Promise<{ now: Date; breaker?: Breaker }> {
    const breaker = this.#breakers.get(id);
    return structuredClone({ now: this.#clock.now(), ...(breaker && { breaker }) });
  }

  async swap(breaker: Breaker): Promise<boolean> {
    if ((this.#breakers.get(breaker.id)?.version ?? 0) !== breaker.version - 1) return false;
    this.#breakers.set(breaker.id, structuredClone(breaker));
    return true;
  }
}
