import type { FsckProgress, FsckReport } from '../domain/fsck-report.ts';

/** One run of fsck, from the request on. */
export interface FsckRun {
  readonly id: string;
  /** `operator`: asked for. `schedule`: the nightly one. */
  readonly by: 'operator' | 'schedule';
  readonly repair: boolean;
  readonly state: 'requested' | 'running' | 'done' | 'failed';
  readonly requestedAt: Date;
  readonly startedAt?: Date;
  readonly endedAt?: Date;
  /** Times it was begun: more than one when a scheduler died under it. */
  readonly tries: number;
  readonly progress?: FsckProgress;
  /** With `done`. */
  readonly report?: FsckReport;
  /** With `failed`: why it could not run, one sentence. */
  readonly error?: string;
}

/** Requests for fsck and their results: the gateway asks, a scheduler runs. The last 50 are kept. Methods throw `StoreUnavailableError`. */
export interface FsckRuns {
  /** The same id twice is one request. @returns false when it was there already. */
  request(run: Pick<FsckRun, 'id' | 'by' | 'repair'>): Promise<boolean>;
  /** The oldest that is requested or running. */
  open(): Promise<FsckRun | undefined>;
  /** Requested or running → running, one try more. */
  begin(id: string): Promise<void>;
  note(id: string, progress: FsckProgress): Promise<void>;
  /** Running → requested: whoever ran it stops. */
  giveBack(id: string): Promise<void>;
  end(id: string, outcome: { readonly report: FsckReport } | { readonly error: string }): Promise<void>;
  read(id: string): Promise<FsckRun | undefined>;
  /** Newest first, without findings. */
  list(limit: number): Promise<readonly FsckRun[]>;
}
