import type { Delivery, DeliveryAttempt, NewDelivery } from '../../shared/domain/callback.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { DeliveryOutcome, DeliveryStore, DueDelivery, TakenDelivery } from '../../shared/ports/delivery-store.ts';

const LOG_LENGTH = 20;

/** A DeliveryStore in memory that passes the contract of the real one. */
export class MemoryDeliveryStore implements DeliveryStore {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #deliveries = new Map<string, Delivery & { readonly claim?: string }>();

  constructor({ clock }: { readonly clock: Pick<Clock, 'now'> }) {
    this.#clock = clock;
  }

  async owe(deliveries: readonly NewDelivery[]): Promise<void> {
    const now = this.#clock.now();
    for (const one of deliveries) {
      if (this.#deliveries.has(one.id)) continue;
      this.#deliveries.set(one.id, { ...one, state: 'pending', attempts: 0, log: [], createdAt: now, dueAt: now });
    }
  }

  async due(limit: number, exceptHosts: readonly string[]): Promise<readonly DueDelivery[]> {
    const now = this.#clock.now();
    return [...this.#deliveries.values()]
      .flatMap(({ id, host, dueAt }) => (dueAt && dueAt <= now && !exceptHosts.includes(host) ? [{ id, host, dueAt }] : []))
      .toSorted((a, b) => a.dueAt.getTime() - b.dueAt.getTime())
      .slice(0, limit);
  }

  async take({ id, dueAt }: DueDelivery, claim: string, leaseMs: number): Promise<TakenDelivery | undefined> {
    const found = this.#deliveries.get(id);
    if (found?.dueAt?.getTime() !== dueAt.getTime()) return undefined;
    const until = new Date(this.#clock.now().getTime() + leaseMs);
    const taken = { ...found, claim, dueAt: until, attempts: found.attempts + 1 };
    this.#deliveries.set(id, taken);
    return taken;
  }

  async settle({ id, claim }: TakenDelivery, attempt: DeliveryAttempt, outcome: DeliveryOutcome): Promise<boolean> {
    const found = this.#deliveries.get(id);
    if (found?.claim !== claim) return false;
    const { claim: _, dueAt: __, ...rest } = found;
    const now = this.#clock.now();
    const log = [...rest.log, attempt].slice(-LOG_LENGTH);
    const isOpen = outcome.state === 'pending';
    const end = isOpen ? { dueAt: new Date(now.getTime() + outcome.afterMs) } : { endedAt: now };
    this.#deliveries.set(id, { ...rest, state: outcome.state, log, ...end });
    return true;
  }

  async ofJob(tenant: string, jobId: string): Promise<readonly Delivery[]> {
    const all = [...this.#deliveries.values()].map(({ claim: _, ...delivery }) => delivery);
    return all.filter((one) => one.jobId === jobId && one.tenant === tenant).slice(0, 100);
  }

  async removeOf(jobId: string): Promise<void> {
    for (const { id } of [...this.#deliveries.values()].filter((one) => one.jobId === jobId)) this.#deliveries.delete(id);
  }
}
