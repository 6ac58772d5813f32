import type { Scenario } from '../suite/contender.ts';
import type { Figures, Plan } from '../suite/scenarios.ts';
import type { Verification } from '../suite/verify.ts';

/** A contender as the result describes it. */
export interface Described {
  readonly name: string;
  readonly title: string;
  readonly kind: 'ours' | 'ceiling' | 'baseline' | 'peer';
  readonly durability: string;
  readonly isDurable: boolean;
  readonly reader: string;
  readonly settings: Readonly<Record<string, string>>;
}

/** One measurement: figures and what became of every job, or why there are none. */
export interface Run {
  readonly contender: string;
  readonly scenario: Scenario;
  /** From 1. */
  readonly repeat: number;
  readonly figures?: Figures;
  readonly verification?: Verification;
  /** Versions of the servers that ran. */
  readonly versions?: Readonly<Record<string, string>>;
  readonly error?: string;
}

/** What the bench ran on. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly kernel: string;
  readonly system: string;
  readonly node: string;
  /** Load average of the last minute when the bench began: what else was going on. */
  readonly loadBefore: number;
  /** How long a write of 4 KiB takes to be on the disk where the servers' data are, ms. */
  readonly fdatasyncMs: { readonly p50: number; readonly p95: number };
}

/** Everything: tables and pictures are made from this alone. */
export interface BenchResult {
  readonly schema: 1;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly revision: string;
  readonly options: { readonly repeats: number } & Omit<Plan, 'scenario'>;
  readonly machine: Machine;
  readonly contenders: readonly Described[];
  readonly runs: readonly Run[];
}
