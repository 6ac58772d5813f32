import type { ScheduleRecord, Tick, TickState } from '../domain/schedule/schedule.ts';

/** One page of schedules, newest first. */
export interface SchedulePage {
  readonly schedules: readonly ScheduleRecord[];
  /** Pass as `after` for the next page; absent on the last. */
  readonly next?: string;
}

/** One page of a ledger, newest instant first. */
export interface TickPage {
  readonly ticks: readonly Tick[];
  readonly next?: string;
}

/** A line to be written into the ledger. */
export interface TickEntry {
  readonly tick: Omit<Tick, 'decidedAt'>;
  /** The line may be there already in one of these states, and leaves it; else one that is there stays as it is. */
  readonly replaces?: readonly TickState[];
}

/** How a tick that was due has ended. */
export interface TickEnd {
  readonly id: string;
  readonly state: 'submitted' | 'skipped' | 'failed';
  readonly jobId?: string;
  readonly reason?: string;
  readonly detail?: string;
}

/** User schedules and the ledger of their ticks. Every method may throw `StoreUnavailableError`. */
export interface ScheduleStore {
  /** Stores a new record. @returns false where its id is taken. */
  create(record: ScheduleRecord): Promise<boolean>;

  read(tenant: string, id: string): Promise<ScheduleRecord | undefined>;

  /** Pages through the schedules of a tenant. @throws InvalidCursorError. */
  list(tenant: string, limit: number, after?: string): Promise<SchedulePage>;

  count(tenant: string): Promise<number>;

  /** Puts a record in place of the one with the version that it carries, with the next version. @returns it; undefined where somebody was faster. */
  replace(record: ScheduleRecord): Promise<ScheduleRecord | undefined>;

  /** Removes a schedule of this version with its ledger. @returns false where somebody was faster. */
  remove(record: ScheduleRecord): Promise<boolean>;

  /** Schedules with something to do by `now`, longest due first, at most `limit`. */
  due(now: Date, limit: number): Promise<readonly ScheduleRecord[]>;

  /** When the next schedule has something to do. */
  nextDueAt(): Promise<Date | undefined>;

  /** Writes lines of the ledger; those that are there stay, but for `replaces`. */
  openTicks(entries: readonly TickEntry[]): Promise<void>;

  /** Ends ticks that are due. One that made a job is submitted, whatever the ledger says of it. */
  endTicks(ends: readonly TickEnd[]): Promise<void>;

  /** Those that there are, in no order. */
  readTicks(ids: readonly string[]): Promise<readonly Tick[]>;

  /** Pages through a ledger, newest instant first. @throws InvalidCursorError. */
  listTicks(filter: { readonly scheduleId: string; readonly state?: TickState }, limit: number, after?: string): Promise<TickPage>;

  /** Calls `changed` soon after any schedule was written, by whomever; also once it may have missed one. @returns how to stop it. */
  watch(changed: () => void): { close(): Promise<void> };
}
