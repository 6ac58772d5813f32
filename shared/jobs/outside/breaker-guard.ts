import {
  type Breaker,
  type BreakerSettings,
  nextProbeAt,
  noteFailure,
  probeAnswered,
  probeGivenBack,
  standOf,
  takeProbe,
} from '../../domain/control/breaker.ts';
import type { Breakers } from '../../ports/breakers.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Logger } from '../../ports/logger.ts';
import { ProbeCandidates } from './probe-candidates.ts';

export interface BreakerGuardDeps {
  readonly breakers: Pick<Breakers, 'read' | 'swap'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly settings: BreakerSettings;
  /** A job that probes is given up after this long. */
  readonly probeLeaseMs: number;
}

/** Successes since a window's first failure that this process saw. Earlier ones say nothing of whether it is well now. */
interface Recent {
  readonly windowFromMs: number;
  readonly sinceMs: number;
  successes: number;
}

/** Whether a dependency may be asked: when it was allowed, with the token of a probe where this is one, or after how long to come again. */
export type Admission =
  | { readonly kind: 'go'; readonly sentAtMs: number; readonly probe?: string }
  | { readonly kind: 'held'; readonly afterMs: number };

/** Writes that lose against other processes are repeated so often at most. */
const MOST_TRIES = 20;

/**
 * Asks breakers before dependencies are asked, and tells them what failed. A success costs nothing; a failure is one read and one
 * write. What others have changed is learned from whoever follows the controls.
 */
export class BreakerGuard {
  /** Times that a breaker opened by a failure seen here, by dependency. */
  readonly trips = new Map<string, number>();
  readonly #deps: BreakerGuardDeps;
  readonly #known = new Map<string, Breaker>();
  readonly #recent = new Map<string, Recent>();
  readonly #turns = new Map<string, Promise<unknown>>();
  readonly #candidates: ProbeCandidates;
  /** The store's clock less the monotonic one. */
  #aheadMs: number | undefined;

  constructor(deps: BreakerGuardDeps) {
    this.#deps = deps;
    this.#candidates = new ProbeCandidates(deps.clock);
  }

  /** What was read of all breakers; histories may be left out. @param now the store's clock. */
  learn(now: Date, breakers: readonly Breaker[]): void {
    this.#noteTime(now);
    for (const breaker of breakers) {
      if (breaker.version >= (this.#known.get(breaker.id)?.version ?? 0)) this.#known.set(breaker.id, breaker);
    }
  }

  /** All that is known here, for metrics. */
  known(): Iterable<Breaker> {
    return this.#known.values();
  }

  /** Before a dependency is asked. */
  async admit(id: string): Promise<Admission> {
    const breaker = this.#known.get(id);
    switch (standOf(breaker, this.#now()).kind) {
      case 'pass':
        return this.#go();
      case 'hold':
        return this.#held(breaker!);
      case 'probe':
        return this.#inTurn(id, () => this.#probe(id));
    }
  }

  /** The dependency has answered for so many jobs. */
  async succeeded(id: string, jobs: number, { sentAtMs, probe }: Pick<Admission & { kind: 'go' }, 'sentAtMs' | 'probe'>): Promise<void> {
    const recent = this.#recent.get(id);
    if (recent && sentAtMs > recent.sinceMs) recent.successes += jobs;
    if (probe === undefined) return;
    const closed = await this.#inTurn(id, () => this.#change(id, (breaker, now) => breaker && probeAnswered(breaker, probe, now)));
    if (closed) this.#deps.logger.info({ dependency: id, probe }, 'breaker is closed: a probe was answered');
  }

  /** The probe was broken off before there was an answer. */
  async givenBack(id: string, probe: string): Promise<void> {
    await this.#inTurn(id, () => this.#change(id, (breaker, now) => breaker && probeGivenBack(breaker, probe, now)));
  }

  /** The dependency has failed. @returns for how many of the jobs that is an attempt, and when the others may come again. */
  async failed(
    id: string,
    failure: { readonly jobs: number; readonly reason: string; readonly retryAfterMs?: number; readonly probe?: string },
  ): Promise<{ readonly charged: number; readonly afterMs: number }> {
    return this.#inTurn(id, async () => {
      let charged = failure.jobs;
      const before = this.#known.get(id)?.trips ?? 0;
      const after = await this.#change(id, (breaker, now) => {
        const recent = this.#recent.get(id);
        const successes = recent?.windowFromMs === breaker?.windowFrom.getTime() ? (recent?.successes ?? 0) : 0;
        const noted = noteFailure(breaker, id, { ...failure, successes }, { settings: this.#deps.settings, now });
        charged = noted.charged;
        return noted.breaker === breaker ? undefined : noted.breaker;
      });
      if (after) this.#beginAnew(after);
      if (after && after.trips > before) this.#tripped(after);
      const breaker = this.#known.get(id);
      return { charged, afterMs: breaker && breaker.state !== 'closed' ? this.#held(breaker).afterMs : 0 };
    });
  }

  /** Successes count from the first failure of a window on, each once. */
  #beginAnew({ id, windowFrom }: Breaker): void {
    const recent = this.#recent.get(id);
    const windowFromMs = windowFrom.getTime();
    if (recent?.windowFromMs === windowFromMs) recent.successes = 0;
    else this.#recent.set(id, { windowFromMs, sinceMs: this.#deps.clock.monotonicMs(), successes: 0 });
  }

  #go(probe?: string): Admission {
    return { kind: 'go', sentAtMs: this.#deps.clock.monotonicMs(), ...(probe !== undefined && { probe }) };
  }

  #tripped({ id, reason, probeAt }: Breaker): void {
    this.trips.set(id, (this.trips.get(id) ?? 0) + 1);
    this.#deps.logger.warn({ dependency: id, reason, probe_at: probeAt }, 'breaker is open');
  }

  #held(breaker: Breaker): { readonly kind: 'held'; readonly afterMs: number } {
    const next = nextProbeAt(breaker);
    return { kind: 'held', afterMs: this.#candidates.waitMs(breaker.id, next && next.getTime() - this.#now().getTime(), next) };
  }

  async #probe(id: string): Promise<Admission> {
    const token = this.#deps.clock.uuid();
    const taken = await this.#change(id, (breaker, now) => breaker && takeProbe(breaker, token, this.#deps.probeLeaseMs, now));
    if (taken) return this.#go(token);
    const breaker = this.#known.get(id);
    return breaker && standOf(breaker, this.#now()).kind !== 'pass' ? this.#held(breaker) : this.#go();
  }

  /** @param make undefined where there is nothing to change. @returns what is there now by this change. */
  async #change(id: string, make: (breaker: Breaker | undefined, now: Date) => Breaker | undefined): Promise<Breaker | undefined> {
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const { now, breaker } = await this.#deps.breakers.read(id);
      this.#noteTime(now);
      if (breaker) this.#known.set(id, breaker);
      const next = make(breaker, now);
      if (!next) return undefined;
      if (await this.#deps.breakers.swap(next)) {
        this.#known.set(id, next);
        return next;
      }
    }
    return undefined;
  }

  /** One after the other within this process, so that they do not lose against each other. */
  #inTurn<T>(id: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#turns.get(id) ?? Promise.resolve()).then(work);
    const settled = turn.catch(() => undefined);
    this.#turns.set(id, settled);
    return turn;
  }

  #noteTime(now: Date): void {
    this.#aheadMs = now.getTime() - this.#deps.clock.monotonicMs();
  }

  /** The store's clock, as of the last look. */
  #now(): Date {
    return this.#aheadMs === undefined ? this.#deps.clock.now() : new Date(this.#aheadMs + this.#deps.clock.monotonicMs());
  }
}
