import type { AuditEntry } from '../domain/audit-entry.ts';

/** All present parts must hold. */
export interface AuditFilter {
  readonly tenant?: string;
  readonly keyId?: string;
  readonly action?: string;
  readonly target?: string;
  /** Not before this moment. */
  readonly from?: Date;
  /** Before this moment. */
  readonly until?: Date;
}

/** One page of a list, newest first. */
export interface AuditPage {
  readonly entries: readonly AuditEntry[];
  /** Pass as `after` for the next page; absent on the last. */
  readonly next?: string;
}

/** Who did what. Methods throw `StoreUnavailableError`. */
export interface AuditLog {
  /** The same entry again is no second one. */
  append(entries: readonly AuditEntry[]): Promise<void>;
  /** @throws InvalidCursorError. */
  list(filter: AuditFilter, limit: number, after?: string): Promise<AuditPage>;
}
