import type { BatchItem, BatchRun, ItemEnd, ItemOutcome, RunCounts } from '../domain/batches/batch-run.ts';

/** What is given to a new run. */
export type NewBatchRun = Pick<BatchRun, 'id' | 'of' | 'spec' | 'by' | 'at' | 'missed'>;

/** Runs of batches and their jobs, kept for 30 days. Durable when a method returns. Methods throw `StoreUnavailableError`. */
export interface BatchRuns {
  /** Asks for a run. @returns false where there is one of this id: it is done once. */
  request(run: NewBatchRun): Promise<boolean>;
  read(id: string): Promise<BatchRun | undefined>;
  /** Newest first; of one rule or shipped run where `of` is given. */
  list(of: string | undefined, limit: number): Promise<readonly BatchRun[]>;
  /** Those that have not ended, oldest first. */
  open(limit: number): Promise<readonly BatchRun[]>;
  /** What a process that died before `begin` has noted. */
  forgetItems(id: string): Promise<void>;
  /** Notes jobs as pending; one that is noted stays as it is. */
  addItems(id: string, items: readonly Omit<BatchItem, 'outcome'>[]): Promise<void>;
  /** Requested → running; keeps how many jobs there are. */
  begin(id: string, isCut: boolean): Promise<void>;
  /** In order, those of one outcome. @param after the `seq` of the last one before, default from the first. */
  items(id: string, outcome: ItemOutcome | undefined, limit: number, after?: number): Promise<readonly BatchItem[]>;
  endItems(id: string, ends: readonly ItemEnd[]): Promise<void>;
  /** Counts what became of the jobs, and keeps it with the run. */
  count(id: string): Promise<RunCounts>;
  /** Keeps what a shipped run counts. */
  note(id: string, counts: RunCounts): Promise<void>;
  /** Its runner ends it within a second or a batch. @returns false when it had ended. */
  abort(id: string): Promise<boolean>;
  end(id: string, state: 'done' | 'aborted' | 'failed', reason?: string): Promise<void>;
}
