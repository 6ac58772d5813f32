import type { WorkedJob } from '../domain/job.ts';
import { StopSwitch } from '../domain/stop-switch.ts';
import { heartbeat, progress } from '../domain/transitions.ts';
import type { Clock } from '../ports/clock.ts';
import type { JobStore } from '../ports/job-store.ts';
import type { Logger } from '../ports/logger.ts';

/** Why a handler is told to stop. */
export type StopReason = 'timeout' | 'claim_lost' | 'shutdown';

/** Progress is written at most this often per job. */
const PROGRESS_EVERY_MS = 500;
/** A holder stops this long before its lease can be over, counted on its own monotonic clock (docs/protocol.md T4). */
const SELF_FENCE_MARGIN_MS = 3_000;
/** Leases are looked at this often at least; a thirtieth of a shorter lease. */
const FENCE_CHECK_MS = 1_000;

/** A claim that this process holds. */
export interface HeldClaim {
  readonly record: WorkedJob;
  readonly claim: string;
  readonly stop: StopSwitch<StopReason>;
  /** Monotonic time at which the lease was last known to be renewed. */
  renewedAtMs: number;
  pendingProgress?: number;
}

export interface ClaimKeeperDeps {
  readonly store: JobStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly leaseMs: number;
}

/** T4: renews the leases of the claims held here, writes progress, and stops handlers whose claim is gone. */
export class ClaimKeeper {
  readonly #deps: ClaimKeeperDeps;
  readonly #held = new Set<HeldClaim>();
  readonly #attended = new Set<HeldClaim>();
  readonly #stopped = new AbortController();
  #beating: Promise<void> | undefined;
  #guarding: Promise<void> | undefined;
  #abortedFor: StopReason | undefined;
  #reporting: Promise<void> | undefined;

  constructor(deps: ClaimKeeperDeps) {
    this.#deps = deps;
  }

  /** Starts keeping a claim that was won at monotonic time `claimedAtMs` (taken before the claim was sent). */
  hold(record: WorkedJob, claim: string, claimedAtMs: number): HeldClaim {
    const held: HeldClaim = { record, claim, stop: new StopSwitch<StopReason>(), renewedAtMs: claimedAtMs };
    if (this.#abortedFor) held.stop.stop(this.#abortedFor);
    // The answer to the claim was under way for too long.
    else if (this.isOver(claimedAtMs)) held.stop.stop('claim_lost');
    this.#held.add(held);
    this.#beating ??= this.#beat();
    this.#guarding ??= this.#guard();
    return held;
  }

  /** A job worked without a lease (its claim is written with its commit): told to stop at shutdown, and that is all. */
  attend(record: WorkedJob, claim: string, startedAtMs: number): HeldClaim {
    const held: HeldClaim = { record, claim, stop: new StopSwitch<StopReason>(), renewedAtMs: startedAtMs };
    if (this.#abortedFor) held.stop.stop(this.#abortedFor);
    this.#attended.add(held);
    return held;
  }

  /** True when a claim that was last renewed, or a look that was begun, at this monotonic time is not to be relied on any more. */
  isOver(sinceMs: number): boolean {
    const { clock, leaseMs } = this.#deps;
    return sinceMs < clock.monotonicMs() - leaseMs + Math.min(SELF_FENCE_MARGIN_MS, leaseMs / 5);
  }

  drop(held: HeldClaim): void {
    this.#held.delete(held);
    this.#attended.delete(held);
  }

  /** Notes the handler's own progress, 0..1. */
  report(held: HeldClaim, fraction: number): void {
    if (!Number.isFinite(fraction) || !this.#held.has(held)) return;
    held.pendingProgress = Math.max(held.pendingProgress ?? 0, Math.min(Math.max(fraction, 0), 1));
    this.#reporting ??= this.#writeProgress();
  }

  /** Tells every handler to stop, those of claims that are won from now on too. */
  abortAll(reason: StopReason): void {
    this.#abortedFor = reason;
    for (const held of [...this.#held, ...this.#attended]) held.stop.stop(reason);
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await Promise.all([this.#beating, this.#guarding, this.#reporting]);
  }

  get size(): number {
    return this.#held.size;
  }

  /** The jobs whose claims are held. */
  *records(): Iterable<WorkedJob> {
    for (const { record } of this.#held) yield record;
  }

  async #beat(): Promise<void> {
    const { clock, leaseMs } = this.#deps;
    while (this.#held.size > 0 && !this.#stopped.signal.aborted) {
      await clock.sleep(leaseMs / 3, this.#stopped.signal);
      if (!this.#stopped.signal.aborted && this.#held.size > 0) await this.#renew([...this.#held]);
    }
    this.#beating = undefined;
  }

  /** On a timer of its own: a heartbeat that hangs must not keep a handler at work beyond its lease. */
  async #guard(): Promise<void> {
    const { clock, leaseMs } = this.#deps;
    while (this.#held.size > 0 && !this.#stopped.signal.aborted) {
      await clock.sleep(Math.min(FENCE_CHECK_MS, leaseMs / 30), this.#stopped.signal);
      if (!this.#stopped.signal.aborted) this.#fenceSelf();
    }
    this.#guarding = undefined;
  }

  async #renew(held: readonly HeldClaim[]): Promise<void> {
    const { store, clock, leaseMs, logger } = this.#deps;
    const sentAtMs = clock.monotonicMs();
    try {
      const matched = await store.apply(
        held.map((one) => one.record.id),
        heartbeat([...new Set(held.map((one) => one.claim))], leaseMs),
      );
      const kept = matched === held.length ? held : await this.#stillOurs(held);
      for (const one of kept) one.renewedAtMs = sentAtMs;
    } catch (error) {
      logger.warn({ err: error, claims: held.length }, 'heartbeat failed');
    }
  }

  /** Finds out which claims are gone (canceled, expired, taken over) and stops their handlers. */
  async #stillOurs(held: readonly HeldClaim[]): Promise<readonly HeldClaim[]> {
    const records = new Map(
      (
        await this.#deps.store.read(
          held.map((one) => one.record.id),
          'local',
        )
      ).map((record) => [record.id, record]),
    );
    const isOurs = (one: HeldClaim) => {
      const record = records.get(one.record.id);
      return record?.state === 'RUNNING' && record.claim === one.claim;
    };
    for (const one of held) if (!isOurs(one)) one.stop.stop('claim_lost');
    return held.filter(isOurs);
  }

  #fenceSelf(): void {
    for (const one of this.#held) if (this.isOver(one.renewedAtMs)) one.stop.stop('claim_lost');
  }

  async #writeProgress(): Promise<void> {
    for (;;) {
      const due = [...this.#held].filter((one) => one.pendingProgress !== undefined);
      if (due.length === 0 || this.#stopped.signal.aborted) break;
      await Promise.all(due.map((one) => this.#writeOne(one)));
      await this.#deps.clock.sleep(PROGRESS_EVERY_MS, this.#stopped.signal);
    }
    this.#reporting = undefined;
  }

  async #writeOne(held: HeldClaim): Promise<void> {
    const fraction = held.pendingProgress!;
    delete held.pendingProgress;
    try {
      const matched = await this.#deps.store.apply([held.record.id], progress(held.claim, fraction));
      if (matched === 0 && this.#held.has(held)) await this.#stillOurs([held]);
    } catch (error) {
      this.#deps.logger.debug({ err: error, job_id: held.record.id }, 'progress was not written');
    }
  }
}
