import type { Machine } from '../report/result.ts';
import type { Verification } from '../suite/verify.ts';
import type { Curve, Extent } from './curves.ts';

/** Figures that points are compared by. */
export type Metric =
  | 'jobsPerSecond'
  | 'submittedPerSecond'
  | 'drainedPerSecond'
  | 'megabytesPerSecond'
  | 'p50Ms'
  | 'p99Ms'
  | 'errors'
  | 'bellsWaiting';

/** Service or server → CPU milliseconds a job. */
export type CpuMs = Readonly<Record<string, number>>;

/** What was measured at a point; absent figures belong to other curves. */
export interface ScaleFigures extends Readonly<Partial<Record<Metric, number>>> {
  /** Jobs that the rate is of. */
  readonly jobs: number;
  /** From the submission to the end of all; of the backlog, where that was waiting. The client is left out. */
  readonly cpuMs: CpuMs;
  /** Of the submission alone, where no worker ran. */
  readonly submitCpuMs?: CpuMs;
}

/** One point of a curve in one repeat. */
export interface ScalePoint {
  readonly curve: Curve;
  readonly value: number;
  /** From 1. */
  readonly repeat: number;
}

/** One measurement: figures and what became of every job, or why there are none. */
export interface ScaleRun extends ScalePoint {
  readonly figures?: ScaleFigures;
  readonly verification?: Verification;
  readonly versions?: Readonly<Record<string, string>>;
  /** What was not as `npm start` has it. */
  readonly notes?: readonly string[];
  readonly error?: string;
}

/** Everything: tables and picture are made from this alone. */
export interface ScaleResult {
  readonly schema: 1;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly revision: string;
  readonly options: Extent & { readonly jobs: number; readonly repeats: number; readonly curves: readonly Curve[] };
  readonly machine: Machine;
  readonly runs: readonly ScaleRun[];
}
