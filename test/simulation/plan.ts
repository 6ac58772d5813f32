import type { AskedLane } from '../../shared/domain/job.ts';
import type { TopologyMode } from '../../shared/rabbit/topology.ts';

/** What one run of a handler does. */
export interface Behaviour {
  /** `crash` ends the whole worker, unless it runs isolated; `hard_crash` even then. */
  readonly kind: 'done' | 'retry' | 'reject' | 'throw' | 'crash' | 'hard_crash';
  /** How long it works before. */
  readonly ms: number;
  /** Its process stands still for so long, with the result in hand. */
  readonly freezeMs?: number;
  readonly ignoresAbort?: boolean;
  readonly output?: 'summary' | 'file';
  readonly reportsProgress?: boolean;
  /** Of `retry`. */
  readonly afterMs?: number;
}

export type SimType = 'slots' | 'inline' | 'fused' | 'lone';

export interface PlannedJob {
  /** Stays the same when others are dropped from the plan. */
  readonly name: string;
  /** When the client submits it, after the start. */
  readonly atMs: number;
  readonly type: SimType;
  readonly lane: AskedLane;
  readonly hasKey: boolean;
  /** The client sends it so many times more, whatever the answer. */
  readonly repeats: number;
  readonly runAfterMs?: number;
  readonly deadlineAfterMs?: number;
  readonly maxAttempts?: number;
  /** By stage: what the first, second, ... run of its handler does; the last counts on. */
  readonly script: readonly (readonly Behaviour[])[];
}

export interface ClientWish {
  readonly atMs: number;
  readonly kind: 'cancel' | 'replay' | 'replay_all_over' | 'undo';
  readonly job: string;
}

/** Something that happens to the system at a time. `seat` counts through the processes. */
export type TimedFault = { readonly atMs: number } & (
  | { readonly kind: 'crash'; readonly seat: number; readonly downMs: number }
  | { readonly kind: 'restart'; readonly seat: number; readonly downMs: number }
  | { readonly kind: 'freeze'; readonly seat: number; readonly forMs: number }
  | { readonly kind: 'disconnect'; readonly seat: number; readonly forMs: number }
  | { readonly kind: 'broker_away' | 'alarm' | 'unroutable' | 'store_away' | 'fail_over' | 'management_away'; readonly forMs: number }
  | { readonly kind: 'duplicate_bell' | 'move_letter' | 'copy_letter' | 'malformed' | 'combined_bell'; readonly nth: number }
  | { readonly kind: 'purge_dead_letters' | 'purge'; readonly nth: number }
);

/** What the broker does with a published message. */
export type MessageFate = 'lose' | 'duplicate' | 'refuse' | 'unknown' | 'unknown_lost' | 'return';

/** What happens at one call of a port. */
export interface CallFault {
  /** The request is on its way so much longer. */
  readonly slowMs?: number;
  /** The answer is. */
  readonly lateMs?: number;
  /** It fails before or after it was applied. */
  readonly fail?: 'before' | 'after';
  /** Its process ends before it sends the request, or before it reads the answer. */
  readonly crash?: 'before' | 'after';
  /** Its process is frozen once the request is out. */
  readonly freezeMs?: number;
  /** Of a published message, by its place in the call. */
  readonly fates?: Readonly<Record<number, MessageFate>>;
}

/** How often each fault is drawn, 0..1 a call or message. */
export interface FaultRates {
  readonly slow: number;
  readonly stuck: number;
  /** Renewals and rescues of a lease meet. */
  readonly race: number;
  readonly failBefore: number;
  readonly failAfter: number;
  readonly crash: number;
  readonly freeze: number;
  readonly lose: number;
  readonly duplicate: number;
  readonly refuse: number;
  readonly unknown: number;
  readonly unroutable: number;
}

/** Rates of faults that may cost a worker its leases. */
export const LEASE_COSTING = ['crash', 'freeze', 'stuck', 'race'] as const satisfies readonly (keyof FaultRates)[];

/** `bounded`: the broker loses nothing, and the audit is off or must re-arm nothing; `lossy`: it may, and the audit is on. */
export type SimMode = 'audit_off' | 'audit_idle' | 'lossy';

export interface Seat {
  readonly role: 'gateway' | 'p1-worker' | 'p2-worker' | 'worker' | 'scheduler';
  /** Its wall clock is ahead of the store's by so much. */
  readonly skewMs: number;
  readonly slots: number;
}

/** A schedule: everything that is not the product's own doing. The rest follows from it. */
export interface Plan {
  readonly seed: number;
  readonly mode: SimMode;
  readonly topology: TopologyMode;
  readonly leaseMs: number;
  readonly inlinePrefetch: number;
  readonly seats: readonly Seat[];
  /** Seats that stay empty: others keep their place, and so their chance. */
  readonly absent?: readonly number[];
  readonly jobs: readonly PlannedJob[];
  readonly wishes: readonly ClientWish[];
  readonly timed: readonly TimedFault[];
  /** Faults stop at this time. */
  readonly calmFromMs: number;
  /** Faults at calls are drawn at these rates, or where absent taken from `atCalls`. */
  readonly rates?: FaultRates;
  /** By `process#ordinal`. */
  readonly atCalls?: Readonly<Record<string, CallFault>>;
}
