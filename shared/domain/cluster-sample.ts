import type { FsckCategory } from './fsck-report.ts';
import type { JobRecord, JobState, Lane } from './job.ts';
import type { Pipelines } from './pipeline.ts';

/** Jobs of a stage and lane in one state. */
export interface JobCount {
  readonly stage: string;
  readonly lane: Lane;
  readonly state: JobState;
  readonly count: number;
}

/** How long jobs of a stage and lane wait. */
export interface WaitingTime {
  readonly stage: string;
  readonly lane: Lane;
  /** 0 when none waits. */
  readonly oldestMs: number;
  /** Until all that wait have left, at the present rate; undefined while the rate is not known. */
  readonly backlogMs: number | undefined;
}

/** The result of the last fsck that came to an end. */
export interface FsckSummary {
  readonly counts: Readonly<Record<FsckCategory, number>>;
  readonly errors: number;
  readonly unchecked: number;
  readonly endedAt: Date;
}

/** All jobs at one moment, for metrics. */
export interface ClusterSample {
  readonly jobs: readonly JobCount[];
  readonly waiting: readonly WaitingTime[];
  readonly bellsOwedLagMs: number;
  readonly eventsOwedLagMs: number;
  readonly fsck?: FsckSummary;
  /** Dead letters of groups that operators ignore, by stage, and how many groups failed again after they were resolved. */
  readonly letters?: { readonly ignored: readonly { readonly stage: string; readonly count: number }[]; readonly regressions: number };
}

/** Names of the stages at each position of any pipeline, `a|b` where pipelines differ. */
export function stageLabels(pipelines: Pipelines): readonly string[] {
  const names: Set<string>[] = [];
  for (const { stages } of pipelines.all()) {
    for (const [position, { name }] of stages.entries()) (names[position] ??= new Set()).add(name);
  }
  return names.map((at) => [...at].sort().join('|'));
}

/** When a job that is QUEUED became so: with its last backoff, since a record does not tell when that was over. */
export function queuedSince({ createdAt, runAt, results, log }: JobRecord, now: Date): Date {
  const hasBeenDue = runAt && runAt <= now ? runAt : createdAt;
  const moments = [createdAt, hasBeenDue, results.at(-1)?.at ?? createdAt, log.at(-1)?.at ?? createdAt];
  return new Date(Math.max(...moments.map((at) => at.getTime())));
}
