import { inOrder, type RerunRule } from '../../shared/domain/rerun/rerun-rule.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { RerunRules, StoredRerunRule } from '../../shared/ports/rerun-rules.ts';

const HOUR_MS = 3_600_000;

/** RerunRules in memory that pass the contract of the real ones. */
export class MemoryRerunRules implements RerunRules {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #rules = new Map<string, Omit<StoredRerunRule, 'spent'>>();
  readonly #spent = new Map<string, number>();

  constructor({ clock }: { readonly clock: Pick<Clock, 'now'> }) {
    this.#clock = clock;
  }

  async list(): Promise<readonly StoredRerunRule[]> {
    return inOrder([...this.#rules.values()].map((rule) => this.#shown(rule)));
  }

  async put(rule: RerunRule, by: string): Promise<StoredRerunRule> {
    const stored = { ...structuredClone(rule), by, updatedAt: this.#clock.now() };
    this.#rules.set(rule.id, stored);
    return this.#shown(stored);
  }

  async remove(id: string): Promise<boolean> {
    return this.#rules.delete(id);
  }

  async spend(id: string, wanted: number, budgetPerHour: number): Promise<number> {
    if (!this.#rules.has(id)) return 0;
    const spent = this.#spent.get(this.#key(id)) ?? 0;
    const granted = Math.max(0, Math.min(wanted, budgetPerHour - spent));
    this.#spent.set(this.#key(id), spent + granted);
    return granted;
  }

  #shown(rule: Omit<StoredRerunRule, 'spent'>): StoredRerunRule {
    return { ...structuredClone(rule), spent: this.#spent.get(this.#key(rule.id)) ?? 0 };
  }

  #key(id: string): string {
    return `${id} ${Math.floor(this.#clock.now().getTime() / HOUR_MS)}`;
  }
}
