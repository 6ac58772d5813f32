import type { BatchRun, RunCounts, ShippedRun } from '../../domain/batches/batch-run.ts';
import type { PayloadChecks } from '../../domain/payload-check.ts';
import type { BatchRules } from '../../ports/batch-rules.ts';
import type { BatchRuns } from '../../ports/batch-runs.ts';
import type { JobSearcher } from '../../ports/job-searcher.ts';
import type { JobStore } from '../../ports/job-store.ts';
import type { Logger } from '../../ports/logger.ts';
import type { OutputStore } from '../../ports/output-store.ts';
import type { TickCalendar } from '../../ports/tick-calendar.ts';
import type { LeaseDeps } from '../keep-lease.ts';
import type { JobReplayer } from '../replay-job.ts';
import type { JobSubmitter } from '../submit-job.ts';

/** What the jobs that rules make are checked with. */
export interface BatchJobDeps {
  readonly types: PayloadChecks;
  readonly outputs: Pick<OutputStore, 'readUpload'>;
  /** SHA-256, hex, of a value as JSON with sorted keys. */
  fingerprint(value: unknown): string;
}

/** What turns instants into runs. */
export interface BatchTickDeps {
  readonly rules: BatchRules;
  readonly runs: Pick<BatchRuns, 'request'>;
  readonly calendar: TickCalendar;
  readonly store: Pick<JobStore, 'serverTime'>;
  fingerprint(value: unknown): string;
}

/** A run that ships: it notes what it counts, stops soon when its signal fires, and may be begun anew after a death. */
export type ShippedWork = (run: BatchRun, signal: AbortSignal, note: (counts: RunCounts) => Promise<void>) => Promise<RunCounts>;

/** What carries runs out. */
export interface BatchRunDeps extends BatchJobDeps, LeaseDeps {
  readonly runs: BatchRuns;
  readonly store: Pick<JobStore, 'read' | 'readPayloads'>;
  readonly searcher: JobSearcher;
  readonly replayer: Pick<JobReplayer, 'replayRecords'>;
  readonly submitter: Pick<JobSubmitter, 'submitMany'>;
  readonly logger: Logger;
  readonly shipped: Readonly<Record<ShippedRun, ShippedWork>>;
}
