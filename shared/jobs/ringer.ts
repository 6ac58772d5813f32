import { StoreUnavailableError } from '../domain/failures.ts';
import type { Lane, WorkedJob } from '../domain/job.ts';
import type { Pipelines, StageSpec } from '../domain/pipeline.ts';
import type { Clock } from '../ports/clock.ts';
import type { Failpoints } from '../ports/failpoints.ts';
import type { JobStore } from '../ports/job-store.ts';
import type { Logger } from '../ports/logger.ts';
import type { MessageBus, OutgoingBell, PublishOutcome } from '../ports/message-bus.ts';
import { LazyMarks } from './lazy-marks.ts';

/**
 * A bell that left before its record was written counts as rung only when the write was durable this soon after: a worker that
 * meets it looks for its record for twice as long (EARLY_WAITS_MS), so that none can have given it up.
 */
const EARLY_SURE_MS = 300;
/** Where jobs may share a message (docs/protocol.md, Message). */
const SHARED_LANES: ReadonlySet<Lane> = new Set<Lane>(['bulk', 'overflow']);
/** Jobs in one message there. */
const BELLS_A_MESSAGE = 100;
/** Rings under way beyond this are left to the relay: what is in flight is bounded. */
const MAX_RINGS_IN_FLIGHT = 10_000;

/** A bell to ring: the debt's token is the proof for its mark. */
export interface Ring {
  readonly id: string;
  readonly gen: number;
  readonly stage: number;
  readonly lane: Lane;
  readonly type: string;
  /** Of the type, which the job has pinned. */
  readonly version: number;
  readonly token: string;
}

/** The ring of a job as it is. */
export function ringOf({ id, gen, stage, lane, type, pipelineVersion: version }: WorkedJob, token: string): Ring {
  return { id, gen, stage, lane, type, version, token };
}

export interface RingerDeps {
  readonly store: JobStore;
  readonly bus: MessageBus;
  readonly clock: Clock;
  readonly pipelines: Pipelines;
  readonly logger: Logger;
  readonly failpoints?: Failpoints;
}

/** A bell that is out while the write that makes it due is under way. */
export interface EarlyRing {
  /** To be called once that write is durable: the bell is marked, or rung again where a worker may have given it up. Never throws. */
  written(): Promise<void>;
}

/** T2: publishes doorbells and lazily marks those that were confirmed. What fails stays owed, for the relay. */
export class Ringer {
  readonly #deps: RingerDeps;
  readonly #marks: LazyMarks;
  #inFlight = 0;

  constructor(deps: RingerDeps) {
    this.#deps = deps;
    this.#marks = new LazyMarks(deps);
  }

  /**
   * Never throws. Resolves when the broker has answered for every bell. @param share jobs of lane bulk or overflow and an inline stage may
   * come in one message; not for what comes again, since one of them may have ended its worker. @returns how many were confirmed.
   */
  async ring(all: readonly Ring[], share: 'alone' | 'together' = 'alone'): Promise<number> {
    // A stage of a newer release stays owed, for a relay that knows it.
    const rings = all.filter((ring) => this.#isKnown(ring));
    if (rings.length === 0 || this.#inFlight + rings.length > MAX_RINGS_IN_FLIGHT) return 0;
    this.#inFlight += rings.length;
    try {
      const outcomes = await this.#publish(rings, share);
      const confirmed = rings.filter((_, index) => outcomes[index] === 'confirmed');
      this.#marks.forget(rings.filter((_, index) => outcomes[index] !== 'confirmed'));
      this.#marks.add(confirmed, share === 'together');
      return confirmed.length;
    } finally {
      this.#inFlight -= rings.length;
    }
  }

  /**
   * Publishes a lone job's bell while the write that makes it due becomes durable (docs/protocol.md, Early bells). Where that
   * write fails the bell is nobody's: a worker that meets it gives it up.
   */
  ringEarly(ring: Ring): EarlyRing {
    if (!this.#isKnown(ring) || this.#inFlight >= MAX_RINGS_IN_FLIGHT) return { written: async () => void (await this.ring([ring])) };
    const { clock } = this.#deps;
    const sentAtMs = clock.monotonicMs();
    this.#inFlight += 1;
    const publishing = this.#publish([ring], 'alone').finally(() => (this.#inFlight -= 1));
    return {
      written: async () => {
        const isSure = clock.monotonicMs() - sentAtMs < EARLY_SURE_MS;
        const [outcome] = await publishing;
        if (outcome !== 'confirmed') this.#marks.forget([ring]);
        else if (isSure) this.#marks.add([ring]);
        else await this.ring([ring]);
      },
    };
  }

  /** Writes the marks that are still waiting. */
  stop(): Promise<void> {
    return this.#marks.stop();
  }

  /** @returns outcomes in the order of the rings. */
  async #publish(rings: readonly Ring[], share: 'alone' | 'together'): Promise<readonly PublishOutcome[]> {
    const { bus, failpoints } = this.#deps;
    const publishedAt = await storeTime(this.#deps.store);
    const messages = share === 'alone' ? rings.map((ring) => [ring]) : this.#shared(rings);
    const byMessage = bus.publish(messages.map((message) => this.#messageOf(message, publishedAt)));
    const publishing = messages.length === rings.length ? byMessage : byMessage.then((outcomes) => byRing(rings, messages, outcomes));
    return failpoints ? publishWatched(publishing, failpoints, rings) : publishing;
  }

  #isKnown(ring: Ring): boolean {
    return this.#specOf(ring) !== undefined;
  }

  #specOf({ type, version, stage }: Ring): StageSpec | undefined {
    return this.#deps.pipelines.stageAt({ type, pipelineVersion: version, stage });
  }

  #messageOf(rings: readonly Ring[], publishedAt: Date | undefined): OutgoingBell {
    const { stage, lane, type } = rings[0]!;
    const stageName = this.#specOf(rings[0]!)!.name;
    const bells = rings.map(({ id, gen }) => ({ id, gen }));
    return { stageName, stage, lane, type, bells, ...(publishedAt && { publishedAt }) };
  }

  /** Messages of up to a hundred jobs where that is allowed, else of one. */
  #shared(rings: readonly Ring[]): readonly (readonly Ring[])[] {
    const messages: Ring[][] = [];
    const open = new Map<string, Ring[]>();
    for (const ring of rings) {
      const isShared = SHARED_LANES.has(ring.lane) && this.#specOf(ring)!.isInline === true;
      const key = `${ring.lane} ${ring.type} ${ring.version} ${ring.stage}`;
      const message = isShared ? open.get(key) : undefined;
      if (message && message.length < BELLS_A_MESSAGE) {
        message.push(ring);
        continue;
      }
      const next = [ring];
      messages.push(next);
      if (isShared) open.set(key, next);
    }
    return messages;
  }
}

function byRing(
  rings: readonly Ring[],
  messages: readonly (readonly Ring[])[],
  outcomes: readonly PublishOutcome[],
): readonly PublishOutcome[] {
  const known = new Map(messages.flatMap((message, index) => message.map((ring) => [ring, outcomes[index]!] as const)));
  return rings.map((ring) => known.get(ring)!);
}

/** Undefined while the store is away and its clock not known: the bell is rung all the same. */
async function storeTime(store: JobStore): Promise<Date | undefined> {
  try {
    return await store.estimateTime();
  } catch (error) {
    if (error instanceof StoreUnavailableError) return undefined;
    throw error;
  }
}

async function publishWatched(
  publishing: Promise<readonly PublishOutcome[]>,
  failpoints: Failpoints,
  rings: readonly Ring[],
): Promise<readonly PublishOutcome[]> {
  const ids = rings.map(({ id }) => id);
  await failpoints.reach('publish|confirm', ids);
  const outcomes = await publishing;
  await failpoints.reach('confirm|mark', ids);
  return outcomes;
}
