import { type Limit, type StageLimits, stageLimits } from '../domain/control/limit.ts';
import { type Pause, pauseOf, postponedMs, stagePauseOf } from '../domain/control/pause.ts';
import type { LaneWeights, WorkedJob } from '../domain/job.ts';
import { HeldAgain } from '../domain/off-peak/held-again.ts';
import { offPeakHold } from '../domain/off-peak/off-peak-hold.ts';
import type { Pipelines } from '../domain/pipeline.ts';
import { slowingOf } from '../domain/windows/slowing.ts';
import type { Clock } from '../ports/clock.ts';
import type { ControlSet, Controls } from '../ports/controls.ts';
import type { Logger } from '../ports/logger.ts';
import type { Service } from '../ports/service.ts';

/** Two looks fit into the 2 s that a control may take; one look is a read of a few documents. */
const LOOK_EVERY_MS = 800;

export interface ControlFollowerDeps {
  readonly controls: Pick<Controls, 'read'>;
  readonly pipelines: Pipelines;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Stages worked here. */
  readonly stages: readonly string[];
  /** Names this process. */
  readonly owner: string;
  /** Told of what is read at each look. */
  onRead?(read: ControlSet): void;
}

/** Told of each look at what is set. */
export type Looked = () => void;

/** Told whether messages are to be taken at all. */
export type Intake = (isPaused: boolean) => Promise<void>;

/**
 * Follows what operators set: stops the intake while all stages of this process are paused or it is drained, and says which
 * jobs are held back. While MongoDB is away the last that was read counts.
 */
export class ControlFollower implements Service {
  readonly name = 'control-follower';
  readonly #deps: ControlFollowerDeps;
  readonly #stopped = new AbortController();
  #controls: ControlSet | undefined;
  #readAtMs = 0;
  readonly #held = new HeldAgain();
  #intake: Intake = async () => undefined;
  #looked: Looked = () => undefined;
  #isPaused = false;
  #following: Promise<void> | undefined;

  constructor(deps: ControlFollowerDeps) {
    this.#deps = deps;
  }

  /** Whether this process takes no new work until it ends. */
  get isDrained(): boolean {
    return this.#controls?.drains.some(({ workerId }) => workerId === this.#deps.owner) ?? false;
  }

  /** @param intake told when it changes; @param looked after each look. Once before `start`. */
  tell(intake: Intake, looked: Looked = () => undefined): void {
    this.#intake = intake;
    this.#looked = looked;
  }

  /** Looks once before anything is taken, then follows. */
  async start(): Promise<void> {
    await this.#look();
    this.#following = this.#follow();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#following;
  }

  /** The pause of a whole stage. */
  stagePause(stage: string): Pause | undefined {
    return this.#controls && stagePauseOf(this.#controls.pauses, stage, this.#now());
  }

  /** What operators have limited, as of the last look. */
  limits(): readonly Limit[] {
    return this.#controls?.limits ?? [];
  }

  /** The weights of the lanes, where operators have set some. */
  laneWeights(): LaneWeights | undefined {
    return this.#controls?.laneWeights?.weights;
  }

  /** What this process keeps to where operators have limited a stage. */
  stageLimits(): StageLimits {
    return stageLimits(this.limits(), this.#deps.stages);
  }

  /** After how long a job that is paused, or off-peak outside its window, is owed again; undefined: it may start. */
  holdBack(record: WorkedJob): number | undefined {
    return this.#pausedFor(record) ?? (record.offPeak && this.#heldFor(record));
  }

  #pausedFor(record: WorkedJob): number | undefined {
    if (!this.#controls || this.#controls.pauses.length === 0) return undefined;
    const spec = this.#deps.pipelines.stageAt(record);
    if (!spec) return undefined;
    const { type, tenant } = record;
    const now = this.#now();
    const pause = pauseOf(this.#controls.pauses, { stage: spec.name, type, tenant }, now);
    return pause && postponedMs(pause, now);
  }

  /** Jobs of a stage that may start a second, while a window slows it: of several the fewest. */
  slowRate(stage: string): number | undefined {
    if (!this.#controls || this.#controls.windows.length === 0) return undefined;
    return slowingOf(this.#controls.windows, stage, this.#now())?.perSecond;
  }

  #heldFor(record: WorkedJob): number | undefined {
    // Nobody knows whether its window is open.
    if (!this.#controls) return LOOK_EVERY_MS;
    const now = this.#now();
    const hold = offPeakHold(this.#controls.windows, record, now);
    return hold && this.#held.postponedMs(hold, now);
  }

  /** The store's clock, as of the last look. */
  #now(): Date {
    return new Date(this.#controls!.now.getTime() + this.#deps.clock.monotonicMs() - this.#readAtMs);
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stopped;
    for (;;) {
      await this.#deps.clock.sleep(LOOK_EVERY_MS, signal);
      if (signal.aborted) return;
      await this.#look();
    }
  }

  async #look(): Promise<void> {
    const { controls, clock, logger, onRead } = this.#deps;
    try {
      const read = await controls.read();
      this.#controls = read;
      this.#readAtMs = clock.monotonicMs();
      onRead?.(read);
    } catch (error) {
      logger.debug({ err: error }, 'controls could not be read, the last ones count');
    }
    this.#looked();
    if (this.#controls) await this.#apply();
  }

  async #apply(): Promise<void> {
    const { logger, stages } = this.#deps;
    const pauses = stages.map((stage) => this.stagePause(stage));
    const isPaused = this.isDrained || pauses.every((pause) => pause !== undefined);
    if (isPaused === this.#isPaused) return;
    this.#isPaused = isPaused;
    const [pause] = pauses;
    const why = this.isDrained ? { drained: true } : { ...(pause && { by: pause.by, reason: pause.reason, until: pause.until }) };
    logger.info({ stages, ...(isPaused && why) }, isPaused ? 'intake is paused' : 'intake goes on');
    try {
      await this.#intake(isPaused);
    } catch (error) {
      this.#isPaused = !isPaused;
      logger.error({ err: error }, 'the intake could not be switched, it is tried again');
    }
  }
}
