import type { Servers } from '../servers/servers.ts';

/** `batch`: all at once. `single`: one by one over 64 connections. `latency`: an open loop at a steady rate. */
export const SCENARIOS = ['batch', 'single', 'latency'] as const;
export type Scenario = (typeof SCENARIOS)[number];

/** One job of the workload: two stages that do nothing. */
export interface BenchJob {
  /** Counts from 0 through warm-up and measured jobs; what stages note and states are read back by. */
  readonly n: number;
  /** About 200 bytes of JSON, `n` among them. */
  readonly payload: Readonly<Record<string, unknown>> & { readonly n: number };
  /** Sent as its idempotency key, where the system knows such keys. Default: none. */
  readonly key?: string;
}

/** What a contender is given to start in. */
export interface BenchContext {
  readonly servers: Servers;
  /** Removed at the end. */
  readonly folder: string;
  /** Where stages note that they have run (`ExecutionLog`). */
  readonly executionsFolder: string;
  readonly scenario: Scenario;
}

/** A contender at work. */
export interface Running {
  /** Submits all as fast as it can; resolves when all are accepted as durably as its settings say. */
  submitBatch(jobs: readonly BenchJob[]): Promise<void>;
  /** Submits one; resolves when it is accepted. */
  submitOne(job: BenchJob): Promise<void>;
  /** A cheap question: whether all of the `total` jobs submitted since the start have ended. */
  isDone(total: number): Promise<boolean>;
  /** Reads the state of every job: n → `COMPLETED` or what else it says. A job that is not there is absent. */
  readBack(): Promise<ReadonlyMap<number, string>>;
  /** Has completions pushed from now on, at the moment when a reader can see them. */
  watch(onCompleted: (n: number) => void): Promise<void>;
  /** Roots of the processes whose CPU time counts, beside the client: name → process id. */
  processes(): Readonly<Record<string, number>>;
  stop(): Promise<void>;
}

/** One system that is compared. */
export interface Contender {
  readonly name: string;
  /** As tables call it. */
  readonly title: string;
  /** `ours`, `ceiling` (raw clients), `baseline` (straightforward) or `peer`. */
  readonly kind: 'ours' | 'ceiling' | 'baseline' | 'peer';
  readonly scenarios: readonly Scenario[];
  /** Of the jobs asked for, 0..1: slow ones would take an hour. Default 1. */
  readonly jobsShare?: number;
  /** What an accepted job and a finished stage survive. */
  readonly durability: string;
  /** Whether a server that loses its power keeps what it has accepted. */
  readonly isDurable: boolean;
  /** Everything that was set, for people. */
  readonly settings: Readonly<Record<string, string>>;
  /** Where the reader of the latency scenario learns that a job is completed. */
  readonly reader: string;
  start(context: BenchContext): Promise<Running>;
}
