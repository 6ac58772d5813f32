import type { Delivery, DeliveryAttempt, NewDelivery } from '../domain/callback.ts';

/** A delivery whose turn it is. */
export type DueDelivery = Pick<Delivery, 'id' | 'host'> & { readonly dueAt: Date };

/** A delivery that this claim holds until its lease is over. */
export interface TakenDelivery extends Delivery {
  readonly claim: string;
}

/** What an attempt has led to. */
export type DeliveryOutcome = { readonly state: 'delivered' | 'dead' } | { readonly state: 'pending'; readonly afterMs: number };

/** Deliveries of callbacks. Every method may throw StoreUnavailableError; times are the store's clock. */
export interface DeliveryStore {
  /** Durable when it returns. An id that is there already stays as it is. */
  owe(deliveries: readonly NewDelivery[]): Promise<void>;
  /** Those that are due, oldest first, at most `limit`, none to these hosts. */
  due(limit: number, exceptHosts: readonly string[]): Promise<readonly DueDelivery[]>;
  /** Takes one for `leaseMs` and counts an attempt. undefined: somebody else was quicker. */
  take(due: DueDelivery, claim: string, leaseMs: number): Promise<TakenDelivery | undefined>;
  /** Notes the attempt and its outcome. @returns false where the claim is lost. */
  settle(taken: TakenDelivery, attempt: DeliveryAttempt, outcome: DeliveryOutcome): Promise<boolean>;
  /** Those of a job, oldest first, at most 100. */
  ofJob(tenant: string, jobId: string): Promise<readonly Delivery[]>;
  removeOf(jobId: string): Promise<void>;
}
