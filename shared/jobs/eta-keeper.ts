import { BacklogRate } from '../domain/eta/backlog-rate.ts';
import type { Eta, Spread } from '../domain/eta/durations.ts';
import type { CalibrationFigures } from '../domain/eta/eta-calibration.ts';
import { placeOf, positionIn, queuedAt } from '../domain/eta/job-place.ts';
import { PredictionBook } from '../domain/eta/prediction-book.ts';
import { type JobPlace, phaseOf, remainingTime, type StageOutlook } from '../domain/eta/remaining-time.ts';
import { StageHistory } from '../domain/eta/stage-history.ts';
import { StoreUnavailableError } from '../domain/failures.ts';
import type { JobRecord, Lane } from '../domain/job.ts';
import type { Pipelines } from '../domain/pipeline.ts';
import type { Clock } from '../ports/clock.ts';
import type { JobStore } from '../ports/job-store.ts';
import type { Logger } from '../ports/logger.ts';
import type { EndedJob, QueueFigures, QueueShapes } from '../ports/queue-figures.ts';
import type { StageStatistics } from '../ports/stage-statistics.ts';
import { QueueRates } from './queue-rates.ts';
import { restAfter } from './rest-after.ts';

const SAMPLE_EVERY_MS = 2_000;
/** For figures that nobody has asked for before. */
const LONGEST_WAIT_MS = 500;
/** Figures that are older than their rest by this are not shown any more. */
const STALE_AFTER_MS = 10_000;
/** The last ended jobs are read at most this often, so many for each time that jobs are kept. */
const HISTORY_EVERY_MS = 30_000;
const HISTORY_LENGTH = 300;
/** Jobs of which something was predicted, looked at with the history. */
const LOOKED_AT = 500;

export interface EtaKeeperDeps {
  readonly figures: QueueFigures;
  readonly store: Pick<JobStore, 'read'>;
  /** What stages took, for types none of which has ended lately. */
  readonly statistics?: Pick<StageStatistics, 'read'>;
  readonly pipelines: Pipelines;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Where a job is in its queue, and when it will probably have ended; what is not known is absent. */
export interface JobOutlook {
  readonly queuePosition?: number;
  readonly eta?: Eta;
}

interface Sample extends QueueShapes {
  readonly atMs: number;
}

/** What the keeper has done, for operators. */
export interface EtaFigures {
  readonly calibration: CalibrationFigures;
  readonly remembered: number;
  readonly ageMs: number | undefined;
  readonly tookMs: number | undefined;
  readonly failures: number;
}

/**
 * Positions and expected ends of jobs, from figures that are read only while somebody asks for them: a look costs no question to
 * the store. What it has said it compares with what came, and corrects itself.
 */
export class EtaKeeper {
  readonly #deps: EtaKeeperDeps;
  readonly #rates = new QueueRates(() => new BacklogRate());
  readonly #book = new PredictionBook();
  #sample: Sample | undefined;
  #history = new StageHistory([]);
  #historyAtMs = Number.NEGATIVE_INFINITY;
  #refreshing: Promise<void> | undefined;
  #refreshedAtMs = Number.NEGATIVE_INFINITY;
  #restMs = SAMPLE_EVERY_MS;
  #tookMs: number | undefined;
  #failures = 0;
  #isStopped = false;

  constructor(deps: EtaKeeperDeps) {
    this.#deps = deps;
  }

  get figures(): EtaFigures {
    const { calibration, remembered } = this.#book;
    const ageMs = this.#sample && this.#deps.clock.monotonicMs() - this.#sample.atMs;
    return { calibration: calibration.figures, remembered, ageMs, tookMs: this.#tookMs, failures: this.#failures };
  }

  /** What can be said of the job as read. Has the figures read again where they are old; never waits, never throws. */
  outlookOf(record: JobRecord): JobOutlook {
    if (!record.active) {
      this.#book.settle(record);
      return {};
    }
    const nowMs = this.#deps.clock.monotonicMs();
    this.#refreshIfOld(nowMs);
    const sample = this.#sample;
    if (!sample || nowMs - sample.atMs > this.#restMs + STALE_AFTER_MS) return {};
    const storeNow = new Date(sample.now.getTime() + nowMs - sample.atMs);
    const place = placeOf(sample, record, storeNow);
    const eta = place && this.#etaOf(record, place, sample, storeNow);
    const queuePosition = record.state === 'QUEUED' ? positionIn(sample, record) : undefined;
    return { ...(queuePosition !== undefined && { queuePosition }), ...(eta && { eta }) };
  }

  /** How fast the backlog of a stage and lane is worked off, in jobs a second; undefined where none was seen. Has old figures read again. */
  drainPerSecond(stage: number, lane: Lane): number | undefined {
    this.#refreshIfOld(this.#deps.clock.monotonicMs());
    const drainMs = this.#rates.of(stage, lane).drainMs(1);
    return drainMs === undefined ? undefined : 1_000 / drainMs;
  }

  /** How long nine of ten jobs of a type take, apart from their waits, in ms; undefined while too little is known of it. */
  async p90Of(type: string): Promise<number | undefined> {
    this.#refreshIfOld(this.#deps.clock.monotonicMs());
    // What is known already is told at once; submissions wait behind this.
    if (this.#historyAtMs === Number.NEGATIVE_INFINITY) await this.#refreshedWithin(LONGEST_WAIT_MS);
    const { pipelines } = this.#deps;
    return pipelines.has(type) ? this.#history.p90Of(type, pipelines.typeOf(type).stages.length) : undefined;
  }

  async #refreshedWithin(ms: number): Promise<void> {
    const refreshing = this.#refreshing;
    if (refreshing === undefined) return;
    const enough = new AbortController();
    void refreshing.finally(() => enough.abort());
    await this.#deps.clock.sleep(ms, enough.signal);
  }

  /** Waits for what is under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#refreshing;
  }

  #etaOf(record: JobRecord, place: JobPlace, sample: Sample, storeNow: Date): Eta | undefined {
    const { pipelines } = this.#deps;
    if (!pipelines.has(record.type, record.pipelineVersion)) return undefined;
    const stages = pipelines.typeOf(record.type, record.pipelineVersion).stages.map((_, stage) => this.#outlookAt(record, stage, sample));
    const predicted = remainingTime(place, stages);
    if (!predicted) return undefined;
    const shown = this.#book.predict(record, `${record.type} ${phaseOf(place)}`, predicted, storeNow.getTime());
    return momentsOf(shown, storeNow);
  }

  #outlookAt({ type, lane }: JobRecord, stage: number, sample: Sample): StageOutlook {
    const rate = this.#rates.of(stage, lane);
    return {
      service: this.#history.service(type, stage),
      waits: this.#history.waits(lane, stage),
      queued: queuedAt(sample, { stage, lane }),
      isBacklogged: rate.isBacklogged,
      drainMs: (jobs) => rate.drainMs(jobs),
    };
  }

  #refreshIfOld(nowMs: number): void {
    if (nowMs - this.#refreshedAtMs > this.#restMs) this.#refreshLater();
  }

  #refreshLater(): void {
    if (this.#isStopped || this.#refreshing !== undefined) return;
    this.#refreshing = this.#refresh().finally(() => {
      this.#refreshing = undefined;
    });
  }

  async #refresh(): Promise<void> {
    const { figures, clock, logger } = this.#deps;
    const atMs = clock.monotonicMs();
    try {
      const shapes = await figures.queues(this.#sample?.now);
      const before = this.#sample;
      if (before && atMs > before.atMs) this.#rates.note(before.queues, shapes.queues, atMs - before.atMs);
      this.#sample = { ...shapes, atMs };
      this.#book.newSample();
      if (atMs - this.#historyAtMs >= HISTORY_EVERY_MS) await this.#readHistory(atMs);
    } catch (error) {
      this.#failures += 1;
      if (error instanceof StoreUnavailableError) logger.debug({ err: error }, 'queues could not be sampled');
      else logger.error({ err: error }, 'sampling queues failed');
    }
    this.#tookMs = clock.monotonicMs() - atMs;
    this.#restMs = restAfter(this.#tookMs, SAMPLE_EVERY_MS);
    this.#refreshedAtMs = atMs;
  }

  async #readHistory(atMs: number): Promise<void> {
    const { figures, pipelines, store, statistics } = this.#deps;
    const types = pipelines.names().map((name) => pipelines.typeOf(name));
    const ended: EndedJob[] = [];
    for (const days of new Set(types.map(({ retainDays }) => retainDays))) {
      const kept = new Set(types.filter(({ retainDays }) => retainDays === days).map(({ name }) => name));
      const last = await figures.lastEnded(days * 86_400_000, HISTORY_LENGTH);
      ended.push(...last.filter(({ type }) => kept.has(type)));
    }
    this.#history = new StageHistory(ended, await statistics?.read());
    for (const job of ended) this.#book.settle(job);
    const ids = this.#book.next(LOOKED_AT);
    const found = new Map((await store.read(ids, 'local')).map((record) => [record.id, record]));
    for (const id of ids) {
      const record = found.get(id);
      if (!record) this.#book.forget(id);
      else if (!record.active) this.#book.settle(record);
    }
    this.#historyAtMs = atMs;
  }
}

function momentsOf({ p50Ms, p90Ms }: Spread, from: Date): Eta | undefined {
  const at = (ms: number) => new Date(from.getTime() + Math.round(ms));
  return Number.isNaN(at(p90Ms).getTime()) ? undefined : { p50: at(p50Ms), p90: at(p90Ms) };
}
