import type { Bound } from '../../../shared/domain/bounds.ts';
import { GroupedCap } from '../bounds/grouped-cap.ts';
import { Problem } from '../problems.ts';

export type LiveKind = 'sse' | 'websocket';
/** Why a client that listened does no more: its job has ended, it went, it read too slowly, it broke the rules, we stop. */
export type LeaveReason = 'ended' | 'left' | 'slow' | 'refused' | 'stopped';

/** Somebody who listens over a connection of its own. */
export interface LiveClient {
  readonly kind: LiveKind;
  /** Ends it in order: the gateway stops. */
  shutDown(): void;
}

/** Whose connection it is. */
export interface LiveOwner {
  /** An API key, or without keys an address. */
  readonly client: string;
  readonly tenant: string;
}

export interface LiveClientLimits {
  /** Of both kinds together. */
  readonly maxListeners: number;
  /** Of these, one client's. Default: all. */
  readonly maxListenersPerClient?: number;
  /** Of these, one tenant's. Default: all. */
  readonly maxListenersPerTenant?: number;
}

const RETRY_AFTER_S = '5';

/** Those who listen to this gateway: how many there may be, and what they were sent. */
export class LiveClients {
  readonly limit: number;
  readonly perClient: GroupedCap;
  readonly perTenant: GroupedCap;
  readonly counts: {
    readonly events: Record<LiveKind, number>;
    /** Looks at a job that a later one replaced before the client took it. */
    readonly coalesced: Record<LiveKind, number>;
    readonly left: Record<LeaveReason, number>;
  } = {
    events: { sse: 0, websocket: 0 },
    coalesced: { sse: 0, websocket: 0 },
    left: { ended: 0, left: 0, slow: 0, refused: 0, stopped: 0 },
  };
  readonly #open = new Set<LiveClient>();
  #isStopping = false;

  constructor({ maxListeners, maxListenersPerClient = maxListeners, maxListenersPerTenant = maxListeners }: LiveClientLimits) {
    this.limit = maxListeners;
    this.perClient = new GroupedCap(maxListenersPerClient);
    this.perTenant = new GroupedCap(maxListenersPerTenant);
  }

  /** Clients of a kind now. */
  open(kind: LiveKind): number {
    let count = 0;
    for (const client of this.#open) if (client.kind === kind) count += 1;
    return count;
  }

  /** @throws Problem too_many_listeners and too_many_own_listeners where there is no room; not_ready while the gateway stops. */
  checkRoom({ client, tenant }: LiveOwner): void {
    if (this.#isStopping) throw new Problem('not_ready', { headers: { 'Retry-After': '1' } });
    if (this.#open.size >= this.limit) {
      const detail = `${this.#open.size} clients listen to this gateway already, which is the limit.`;
      throw new Problem('too_many_listeners', { detail, headers: { 'Retry-After': RETRY_AFTER_S } });
    }
    if (!this.perClient.hasRoom(client)) throw tooManyOfOne('client', this.perClient.limit);
    if (!this.perTenant.hasRoom(tenant)) throw tooManyOfOne('tenant', this.perTenant.limit);
  }

  /** Counts it in. @returns what counts it out, once. @throws Problem as `checkRoom`. */
  enter(client: LiveClient, owner: LiveOwner): (reason: LeaveReason) => void {
    this.checkRoom(owner);
    const leaves = [this.perClient.enter(owner.client), this.perTenant.enter(owner.tenant)];
    this.#open.add(client);
    return (reason) => {
      if (!this.#open.delete(client)) return;
      for (const leave of leaves) leave?.();
      this.counts.left[this.#isStopping ? 'stopped' : reason] += 1;
    };
  }

  /** Ends all in order, and lets none in any more. */
  shutDown(): void {
    this.#isStopping = true;
    for (const client of [...this.#open]) client.shutDown();
  }
}

function tooManyOfOne(whose: 'client' | 'tenant', limit: number): Problem {
  const bound: Bound = `listeners_per_${whose}`;
  return new Problem('too_many_own_listeners', {
    detail: `${limit} streams of events of this ${whose} are open already, which is the limit.`,
    fields: { 'violated-policies': [bound] },
    headers: { 'Retry-After': RETRY_AFTER_S },
    bound,
  });
}
