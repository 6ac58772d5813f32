import type { Lane } from '../domain/job.ts';
import type { StageEngine } from '../jobs/stage-engine.ts';
import type { BucketCounts } from '../runtime/bucket-counts.ts';
import type { ProcessMetrics } from '../runtime/metrics.ts';
import type { NoteDuration } from './measured-task-runner.ts';

/** Shows what the engine of a stage worker has done and holds. @param prefetch bound of the messages held, a lane. */
export function addWorkerMetrics(metrics: ProcessMetrics, engine: StageEngine, prefetch: Readonly<Record<Lane, number>>): void {
  const { counters } = engine;
  metrics.read('jobline_claims_total', () => counters.claimed);
  metrics.readEach('jobline_stage_ends_total', 'outcome', {
    committed: () => counters.committed,
    retried: () => counters.retried,
    dead: () => counters.dead,
    released: () => counters.released,
    fenced: () => counters.fenced,
  });
  metrics.read('jobline_stage_timeouts_total', () => counters.timeouts);
  metrics.readEach('jobline_bells_dropped_total', 'reason', { stale: () => counters.stale, early: () => counters.early });
  metrics.read('jobline_bells_parked_total', () => counters.parked);
  metrics.read('jobline_jobs_postponed_total', () => counters.postponed);
  metrics.read('jobline_bells_replayed_total', () => counters.replayed);
  metrics.read('jobline_bells_held', () => engine.waiting);
  metrics.read('jobline_bells_held_limit', () => Object.values(prefetch).reduce((sum, each) => sum + each, 0));
  metrics.read('jobline_claims_held', () => engine.running);
  metrics.read('jobline_handler_slots', () => engine.slots.all);
  metrics.read('jobline_handler_slots_busy', () => engine.slots.busy);
}

/** Shows which of the stages worked here are paused. */
export function addPauseMetrics(metrics: ProcessMetrics, stages: readonly string[], isPaused: (stage: string) => boolean): void {
  metrics.readEach('jobline_stage_paused', 'stage', Object.fromEntries(stages.map((stage) => [stage, () => Number(isPaused(stage))])));
}

/** Counts durations of handlers by type and stage, both from the pipeline table. */
export function handlerDurations(metrics: ProcessMetrics): NoteDuration {
  const family = metrics.histogram('jobline_handler_duration_seconds');
  const known = new Map<string, BucketCounts>();
  return (type, stage, durationMs) => {
    const key = `${type}:${stage}`;
    let counts = known.get(key);
    if (!counts) known.set(key, (counts = family.with({ type, stage })));
    counts.observe(durationMs / 1_000);
  };
}
