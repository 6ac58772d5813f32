import type { ClusterSample, WaitingTime } from '../domain/cluster-sample.ts';
import { type JobState, LANES } from '../domain/job.ts';
import type { ProcessMetrics, Reading } from './metrics.ts';

/** Whoever samples all jobs (shared/jobs/cluster-sampler.ts). */
export interface SampledCluster {
  /** Undefined when there is none that may be shown. */
  readonly sample: ClusterSample | undefined;
  readonly ageMs: number;
  readonly tookMs: number | undefined;
  readonly failures: number;
}

const OPEN_STATES: readonly JobState[] = ['QUEUED', 'RUNNING', 'RETRY_WAIT', 'SCHEDULED'];
const MS_PER_S = 1_000;

/** Shows the last sample of all jobs, and how old it is. @param stages labels of the stages, each shown from the start with 0. */
export function addClusterMetrics(metrics: ProcessMetrics, cluster: SampledCluster, stages: readonly string[]): void {
  metrics.readMany('jobline_jobs', () => (cluster.sample ? openJobs(cluster.sample, stages) : []));
  metrics.readMany('jobline_dead_letters', () => (cluster.sample ? deadLetters(cluster.sample, stages) : []));
  metrics.readMany('jobline_dead_letters_ignored', () => (cluster.sample?.letters ? ignoredLetters(cluster.sample, stages) : []));
  metrics.read('jobline_dead_letter_regressions', () => cluster.sample?.letters?.regressions);
  metrics.readMany('jobline_oldest_waiting_seconds', () => waiting(cluster.sample, ({ oldestMs }) => oldestMs));
  metrics.readMany('jobline_backlog_seconds', () => waiting(cluster.sample, ({ backlogMs }) => backlogMs));
  metrics.read('jobline_bells_owed_lag_seconds', () => seconds(cluster.sample?.bellsOwedLagMs));
  metrics.read('jobline_events_owed_lag_seconds', () => seconds(cluster.sample?.eventsOwedLagMs));
  metrics.read('jobline_sample_age_seconds', () => seconds(cluster.ageMs));
  metrics.read('jobline_sample_duration_seconds', () => seconds(cluster.tookMs));
  metrics.read('jobline_sample_failures_total', () => cluster.failures);
  addFsckMetrics(metrics, cluster);
}

function addFsckMetrics(metrics: ProcessMetrics, cluster: SampledCluster): void {
  const last = () => cluster.sample?.fsck;
  metrics.readMany('jobline_fsck_findings', () =>
    Object.entries(last()?.counts ?? {}).map(([category, value]) => ({ labels: { category }, value })),
  );
  metrics.read('jobline_fsck_errors', () => last()?.errors);
  metrics.read('jobline_fsck_unchecked', () => last()?.unchecked);
  metrics.read('jobline_fsck_ended_timestamp_seconds', () => seconds(last()?.endedAt.getTime()));
}

function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / MS_PER_S;
}

function countOf({ jobs }: ClusterSample, stage: string, lane: string, state: JobState): number {
  const found = jobs.filter((one) => one.stage === stage && one.lane === lane && one.state === state);
  return found.reduce((sum, { count }) => sum + count, 0);
}

function stagesOf({ jobs }: ClusterSample, stages: readonly string[]): readonly string[] {
  return [...new Set([...stages, ...jobs.map(({ stage }) => stage)])];
}

function openJobs(sample: ClusterSample, stages: readonly string[]): Reading<'jobline_jobs'>[] {
  return stagesOf(sample, stages).flatMap((stage) =>
    LANES.flatMap((lane) =>
      OPEN_STATES.map((state) => ({ labels: { stage, lane, state: state.toLowerCase() }, value: countOf(sample, stage, lane, state) })),
    ),
  );
}

function deadLetters(sample: ClusterSample, stages: readonly string[]): Reading<'jobline_dead_letters'>[] {
  return stagesOf(sample, stages).flatMap((stage) =>
    LANES.map((lane) => ({ labels: { stage, lane }, value: countOf(sample, stage, lane, 'FAILED') })),
  );
}

function ignoredLetters(sample: ClusterSample, stages: readonly string[]): Reading<'jobline_dead_letters_ignored'>[] {
  const countAt = (stage: string) => sample.letters?.ignored.find((one) => one.stage === stage)?.count ?? 0;
  return stagesOf(sample, stages).map((stage) => ({ labels: { stage }, value: countAt(stage) }));
}

/** One value for each stage and lane of which there is one. */
function waiting(
  sample: ClusterSample | undefined,
  msOf: (one: WaitingTime) => number | undefined,
): Reading<'jobline_backlog_seconds' | 'jobline_oldest_waiting_seconds'>[] {
  return (sample?.waiting ?? []).flatMap((one) => {
    const ms = msOf(one);
    return ms === undefined ? [] : [{ labels: { stage: one.stage, lane: one.lane }, value: ms / MS_PER_S }];
  });
}
