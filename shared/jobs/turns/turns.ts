import { type Limit, rateReached, type Turn, turnsOf } from '../../domain/control/limit.ts';
import type { WorkedJob } from '../../domain/job.ts';
import type { Clock } from '../../ports/clock.ts';
import type { JobStore } from '../../ports/job-store.ts';
import type { LimitPlaces } from '../../ports/limit-places.ts';
import type { Logger } from '../../ports/logger.ts';
import type { RateBuckets } from '../../ports/rate-buckets.ts';
import type { WaitingTurns } from '../../ports/waiting-turns.ts';
import type { HeldClaim } from '../claim-keeper.ts';
import type { Ringer } from '../ringer.ts';
import { quietly, untilStoreAnswers } from '../store-patience.ts';
import { passTurns } from './pass-turns.ts';
import { StartTokens } from './start-tokens.ts';

/** A job that waits for a place is owed by itself after this long, should nobody call it. */
export const TURN_WAIT_MS = 3_600_000;

export interface TurnsDeps {
  readonly places: LimitPlaces;
  readonly waiting: WaitingTurns;
  readonly store: JobStore;
  readonly clock: Clock;
  readonly ringer: Pick<Ringer, 'ring'>;
  readonly logger: Logger;
  readonly leaseMs: number;
  readonly closed: AbortSignal;
  /** Absent: no rate is kept to. */
  readonly buckets?: RateBuckets;
  /** What operators have set. */
  limits(): readonly Limit[];
}

/** Handlers are looked at this often at least, whether their places were renewed; a thirtieth of a shorter lease. */
const GUARD_EVERY_MS = 1_000;

/** The places that a claim has. */
export interface TakenTurns {
  readonly names: readonly string[];
  readonly claim: string;
  renewedAtMs: number;
  held?: HeldClaim;
}

/** A place was missing: what the job has to wait for. */
export interface MissedTurn {
  readonly waitsFor: string;
}

/** It may not start yet: when to come again, and why. */
export interface TooSoon {
  readonly afterMs: number;
  readonly why: string;
}

/**
 * Sees to it that of limited jobs no more run at once than their limits have places. A place is taken between claim and handler,
 * kept by a lease that is longer than the claim's, and given back once the handler has ended: so it outlives whatever a handler
 * may still do. Jobs without a limit cost nothing.
 */
export class Turns {
  readonly #deps: TurnsDeps;
  readonly #taken = new Set<TakenTurns>();
  readonly #tokens: StartTokens | undefined;
  #renewing: Promise<void> | undefined;
  #guarding: Promise<void> | undefined;

  constructor(deps: TurnsDeps) {
    this.#deps = deps;
    this.#tokens = deps.buckets && new StartTokens({ ...deps, buckets: deps.buckets });
  }

  isLimited(record: WorkedJob): boolean {
    return this.#of(record).length > 0;
  }

  /** Takes every place and start that the claim needs, or no place. @returns undefined for a job that is not limited. */
  async take(record: WorkedJob, claim: string): Promise<TakenTurns | MissedTurn | TooSoon | undefined> {
    const turns = this.#of(record);
    if (turns.length === 0) return undefined;
    const { clock, closed, places, leaseMs } = this.#deps;
    const taken: string[] = [];
    const renewedAtMs = clock.monotonicMs();
    for (const { name, places: all } of turns) {
      if (all === undefined) continue;
      const wanted = { name, jobId: record.id, claim, places: all, forMs: placeMs(leaseMs) };
      if (await untilStoreAnswers(clock, closed, () => places.take(wanted))) taken.push(name);
      else {
        await this.#free(taken, claim);
        return { waitsFor: name };
      }
    }
    const tooSoon = await this.#takeStarts(turns);
    if (tooSoon) {
      await this.#free(taken, claim);
      return tooSoon;
    }
    const turn: TakenTurns = { names: taken, claim, renewedAtMs };
    if (taken.length === 0) return turn;
    this.#taken.add(turn);
    this.#renewing ??= this.#renewAll();
    this.#guarding ??= this.#guard();
    return turn;
  }

  /** After the places, so that none is taken for a job that has to wait for one. */
  async #takeStarts(turns: readonly Turn[]): Promise<TooSoon | undefined> {
    for (const { name, startsPerSecond } of turns) {
      if (startsPerSecond === undefined || !this.#tokens) continue;
      const afterMs = await this.#tokens.take(name, startsPerSecond);
      if (afterMs !== undefined) return { afterMs, why: rateReached(name, startsPerSecond) };
    }
    return undefined;
  }

  /** The handler that is told to stop should the places be lost. */
  guard(turn: TakenTurns, held: HeldClaim): void {
    turn.held = held;
  }

  /** Gives the places back, and calls who is next. Never throws: what cannot be given back is free by itself later. */
  async giveBack(turn: TakenTurns): Promise<void> {
    this.#taken.delete(turn);
    await this.#free(turn.names, turn.claim);
  }

  /** Once a job is handed back to wait: the place may have become free since it was missed. Never throws. */
  async lookAgain({ waitsFor }: MissedTurn): Promise<void> {
    await quietly(this.#deps, 'looking for a free place failed', () => passTurns(this.#deps, waitsFor, this.#deps.limits()));
  }

  #of(record: WorkedJob): readonly Turn[] {
    return turnsOf(record, this.#deps.limits());
  }

  async #free(names: readonly string[], claim: string): Promise<void> {
    const { places, limits } = this.#deps;
    for (const name of names) {
      await quietly(this.#deps, 'giving a place back failed', async () => {
        await places.free(name, claim);
        await passTurns(this.#deps, name, limits());
      });
    }
  }

  async #renewAll(): Promise<void> {
    const { clock, leaseMs, closed } = this.#deps;
    while (this.#taken.size > 0 && !closed.aborted) {
      await clock.sleep(leaseMs / 3, closed);
      if (this.#taken.size > 0 && !closed.aborted) await this.#renew([...this.#taken]);
    }
    this.#renewing = undefined;
  }

  async #renew(turns: readonly TakenTurns[]): Promise<void> {
    const { clock, leaseMs, places, logger } = this.#deps;
    const sentAtMs = clock.monotonicMs();
    try {
      const names = [...new Set(turns.flatMap((turn) => turn.names))];
      const claims = turns.map(({ claim }) => claim);
      const had = new Set((await places.renew(names, claims, placeMs(leaseMs))).map(({ name, claim }) => `${claim} ${name}`));
      for (const turn of turns) {
        if (turn.names.every((name) => had.has(`${turn.claim} ${name}`))) turn.renewedAtMs = sentAtMs;
        // Away for too long, and no clock of this process says so: the place may be another's by now.
        else turn.held?.stop.stop('claim_lost');
      }
    } catch (error) {
      logger.warn({ err: error, places: turns.length }, 'places of limits could not be renewed');
    }
  }

  /** On a timer of its own, since a renewal may hang: whoever is stopped here ends before its place is another's. */
  async #guard(): Promise<void> {
    const { clock, leaseMs, closed } = this.#deps;
    while (this.#taken.size > 0 && !closed.aborted) {
      await clock.sleep(Math.min(GUARD_EVERY_MS, leaseMs / 30), closed);
      const oldest = clock.monotonicMs() - (leaseMs * 2) / 3;
      for (const turn of this.#taken) if (turn.renewedAtMs < oldest) turn.held?.stop.stop('claim_lost');
    }
    this.#guarding = undefined;
  }
}

/** A place lasts longer than a claim: a handler that fences itself by its lease has ended by then. */
const placeMs = (leaseMs: number): number => Math.round((leaseMs * 4) / 3);
