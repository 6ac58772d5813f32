import type { JobState } from './job.ts';

/**
 * What a finding is about. `lost`: work that nothing will go on with. `doubled`: something that must be there once, twice.
 * `zombie`: RUNNING though its lease is over, or with a place of a limit though it does not run. The others say what they are.
 */
export type FsckCategory =
  | 'lost'
  | 'doubled'
  | 'zombie'
  | 'orphaned_output'
  | 'stale_dead_letter'
  | 'unreadable_dead_letter'
  | 'broken_record'
  | 'missing_data';

/** One thing that is wrong (docs/runbook-fsck.md has every rule). */
export interface FsckFinding {
  readonly category: FsckCategory;
  /** Stable snake_case name. */
  readonly rule: string;
  /** `error`: the system is not as it must be. `warning`: to be known, and not certain, or not Jobline's own doing. */
  readonly level: 'error' | 'warning';
  readonly jobId?: string;
  /** Name of the queue, for findings about one. */
  readonly queue?: string;
  readonly detail: string;
  /** With `repair`: the transition that mended it. Absent: left as it is. */
  readonly repaired?: string;
}

/** How far a run has come. */
export interface FsckProgress {
  readonly phase: 'dead letters' | 'jobs' | 'outputs' | 'second look' | 'waiting for the janitor';
  /** Jobs looked at so far. */
  readonly jobs: number;
}

/** Result of one run. */
export interface FsckReport {
  /** Store's clock. */
  readonly startedAt: Date;
  readonly endedAt: Date;
  readonly repair: boolean;
  readonly jobs: number;
  readonly byState: Readonly<Record<JobState, number>>;
  /** Readable letters met in all dead-letter queues. */
  readonly deadLetters: number;
  /** Confirmed findings by category; more than are listed, where `isCut`. */
  readonly counts: Readonly<Record<FsckCategory, number>>;
  /** Outputs of claims that never committed which the hourly sweep has yet to remove: no finding. */
  readonly outputsToSweep: number;
  /** Of the counts, those of level `error`, and those that were mended. */
  readonly errors: number;
  readonly repaired: number;
  /** At most 1,000. */
  readonly findings: readonly FsckFinding[];
  readonly isCut: boolean;
  /** What could not be looked at, and why: without it nothing is proven there. */
  readonly unchecked: readonly string[];
  /** What limits the certainty of what was looked at. */
  readonly notes: readonly string[];
}

/** Nothing is wrong and everything was looked at. */
export function isClean(report: FsckReport): boolean {
  return report.errors === 0 && report.unchecked.length === 0;
}

const count = (value: number): string => value.toLocaleString('en-US');
const counted = (value: number, one: string, many = `${one}s`): string => `${count(value)} ${value === 1 ? one : many}`;

/** The line that a script reads: `0 lost, 0 doubled (12,345 jobs, 0 zombies, ...)`. What is 0 beyond these five is left out. */
export function closingLine({ counts, jobs, outputsToSweep, repaired, unchecked }: FsckReport): string {
  const parts = [
    counted(jobs, 'job'),
    counted(counts.zombie, 'zombie'),
    counted(counts.orphaned_output, 'orphaned output'),
    counted(counts.stale_dead_letter, 'stale dead letter'),
    ...(counts.broken_record > 0 ? [counted(counts.broken_record, 'broken record')] : []),
    ...(counts.missing_data > 0 ? [`${count(counts.missing_data)} missing data`] : []),
    ...(counts.unreadable_dead_letter > 0 ? [counted(counts.unreadable_dead_letter, 'unreadable dead letter')] : []),
    ...(outputsToSweep > 0 ? [`${counted(outputsToSweep, 'output')} to sweep`] : []),
    ...(repaired > 0 ? [`${count(repaired)} repaired`] : []),
    ...(unchecked.length > 0 ? ['not everything was checked'] : []),
  ];
  return `${count(counts.lost)} lost, ${count(counts.doubled)} doubled (${parts.join(', ')})`;
}
