import { type RetentionRule, ruleIdOf } from '../../shared/domain/retention/retention-rule.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { RetentionStore, StoredRetentionRule, WalkPlace } from '../../shared/ports/retention-store.ts';

/** A RetentionStore in memory that passes the contract of the real one. */
export class MemoryRetentionStore implements RetentionStore {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #rules = new Map<string, StoredRetentionRule>();
  readonly #places = new Map<string, WalkPlace>();

  constructor({ clock }: { readonly clock: Pick<Clock, 'now'> }) {
    this.#clock = clock;
  }

  async rules(): Promise<readonly StoredRetentionRule[]> {
    return [...this.#rules.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  async put(rule: RetentionRule, by: string): Promise<StoredRetentionRule> {
    const stored = { ...structuredClone(rule), id: ruleIdOf(rule), by, updatedAt: this.#clock.now() };
    this.#rules.set(stored.id, stored);
    return stored;
  }

  async remove(id: string): Promise<boolean> {
    return this.#rules.delete(id);
  }

  async place(walk: string): Promise<WalkPlace | undefined> {
    return this.#places.get(walk);
  }

  async notePlace(walk: string, place: WalkPlace): Promise<void> {
    this.#places.set(walk, { ...place });
  }
}
