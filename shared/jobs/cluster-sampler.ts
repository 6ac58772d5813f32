import { type ClusterSample, type FsckSummary, queuedSince, stageLabels, type WaitingTime } from '../domain/cluster-sample.ts';
import { DrainRate } from '../domain/drain-rate.ts';
import { StoreUnavailableError } from '../domain/failures.ts';
import { LANES, type Lane } from '../domain/job.ts';
import type { Pipelines } from '../domain/pipeline.ts';
import type { Clock } from '../ports/clock.ts';
import type { FsckRuns } from '../ports/fsck-runs.ts';
import type { Figures, JobFigures, QueuedFigures } from '../ports/job-figures.ts';
import type { Logger } from '../ports/logger.ts';
import type { Service } from '../ports/service.ts';
import type { LetterFigures } from './letter-figures.ts';
import { QueueRates } from './queue-rates.ts';
import { restAfter } from './rest-after.ts';

const SAMPLE_EVERY_MS = 5_000;
/** Older than one round and this, figures are not shown any more. */
const STALE_AFTER_MS = 30_000;
/** Runs of fsck are read once in so many samples; among the last of them there is one that has ended. */
const FSCK_EVERY_MS = 30_000;
const LAST_RUNS = 10;

export interface ClusterSamplerDeps {
  readonly figures: JobFigures;
  readonly fsckRuns: FsckRuns;
  readonly pipelines: Pipelines;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What operators have said of dead letters; read as often as runs of fsck. */
  readonly letters?: () => Promise<LetterFigures>;
}

/** Samples all jobs on a timer, so that nobody who looks at the figures asks the store. */
export class ClusterSampler implements Service {
  readonly name = 'cluster-sampler';
  readonly #deps: ClusterSamplerDeps;
  readonly #labels: readonly string[];
  readonly #rates = new QueueRates(() => new DrainRate());
  readonly #stopped = new AbortController();
  #running: Promise<void> | undefined;
  #before: { readonly figures: Figures; readonly atMs: number } | undefined;
  #sample: ClusterSample | undefined;
  #fsck: FsckSummary | undefined;
  #letters: LetterFigures | undefined;
  #fsckReadAtMs = Number.NEGATIVE_INFINITY;
  #startedAtMs = 0;
  #restMs = SAMPLE_EVERY_MS;
  #tookMs: number | undefined;
  #failures = 0;

  constructor(deps: ClusterSamplerDeps) {
    this.#deps = deps;
    this.#labels = stageLabels(deps.pipelines);
  }

  async start(): Promise<void> {
    this.#startedAtMs = this.#deps.clock.monotonicMs();
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  /** The last sample; undefined when there is none, or it is too old to be shown. */
  get sample(): ClusterSample | undefined {
    return this.ageMs > this.#restMs + STALE_AFTER_MS ? undefined : this.#sample;
  }

  /** Since the last sample was taken, or since the start. */
  get ageMs(): number {
    return this.#deps.clock.monotonicMs() - (this.#before?.atMs ?? this.#startedAtMs);
  }

  /** Of the last sample; undefined before there is one. */
  get tookMs(): number | undefined {
    return this.#tookMs;
  }

  /** Samples that failed. */
  get failures(): number {
    return this.#failures;
  }

  /** Takes a sample. Never throws. */
  async take(): Promise<void> {
    const { figures, clock, logger } = this.#deps;
    const atMs = clock.monotonicMs();
    try {
      const now = await figures.read(this.#before?.figures.now);
      await this.#readFsck(atMs);
      const before = this.#before;
      if (before && atMs > before.atMs) this.#rates.note(before.figures.queued, now.queued, atMs - before.atMs);
      this.#before = { figures: now, atMs };
      this.#sample = this.#sampleOf(now);
      this.#tookMs = clock.monotonicMs() - atMs;
      this.#restMs = restAfter(this.#tookMs, SAMPLE_EVERY_MS);
    } catch (error) {
      this.#failures += 1;
      if (error instanceof StoreUnavailableError) logger.debug({ err: error }, 'jobs could not be sampled');
      else logger.error({ err: error }, 'sampling jobs failed');
    }
  }

  async #run(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      await this.take();
      await this.#deps.clock.sleep(this.#restMs, this.#stopped.signal);
    }
  }

  async #readFsck(nowMs: number): Promise<void> {
    if (nowMs - this.#fsckReadAtMs < FSCK_EVERY_MS) return;
    const runs = await this.#deps.fsckRuns.list(LAST_RUNS);
    const report = runs.find(({ state }) => state === 'done')?.report;
    if (report) {
      const { counts, errors, unchecked, endedAt } = report;
      this.#fsck = { counts, errors, unchecked: unchecked.length, endedAt };
    }
    this.#letters = await this.#deps.letters?.();
    this.#fsckReadAtMs = nowMs;
  }

  #sampleOf({ now, queued, others, firstBellDue, firstEventDue }: Figures): ClusterSample {
    const rows = [...queued.map((one) => ({ ...one, state: 'QUEUED' as const })), ...others];
    const lagMs = (due: Date | undefined) => (due ? Math.max(now.getTime() - due.getTime(), 0) : 0);
    return {
      // A stage of a newer release has no name here.
      jobs: rows.map(({ stage, lane, state, count }) => ({ stage: this.#labels[stage] ?? 'unknown', lane, state, count })),
      waiting: this.#labels.flatMap((_, stage) => LANES.map((lane) => this.#waitingOf(stage, lane, queued, now))),
      bellsOwedLagMs: lagMs(firstBellDue),
      eventsOwedLagMs: lagMs(firstEventDue),
      ...(this.#fsck && { fsck: this.#fsck }),
      ...(this.#letters && { letters: this.#lettersShown(this.#letters) }),
    };
  }

  #lettersShown({ ignored, regressions }: LetterFigures): NonNullable<ClusterSample['letters']> {
    return { regressions, ignored: [...ignored].map(([stage, count]) => ({ stage: this.#labels[stage] ?? 'unknown', count })) };
  }

  #waitingOf(stage: number, lane: Lane, queued: readonly QueuedFigures[], now: Date): WaitingTime {
    const found = queued.find((one) => one.stage === stage && one.lane === lane);
    const since = (found?.oldest ?? []).map((record) => queuedSince(record, now).getTime());
    return {
      stage: this.#labels[stage]!,
      lane,
      oldestMs: since.length === 0 ? 0 : Math.max(now.getTime() - Math.min(...since), 0),
      backlogMs: this.#rates.of(stage, lane).durationMs(found?.count ?? 0),
    };
  }
}
