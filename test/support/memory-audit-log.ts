import type { AuditEntry } from '../../shared/domain/audit-entry.ts';
import { StoreUnavailableError } from '../../shared/domain/failures.ts';
import type { AuditFilter, AuditLog, AuditPage } from '../../shared/ports/audit-log.ts';
import { pageAfter } from './page-after.ts';

/** An AuditLog in memory that passes the contract of the real one. */
export class MemoryAuditLog implements AuditLog {
  /** While true, every call fails. */
  isAway = false;
  readonly #entries = new Map<string, AuditEntry>();

  async append(entries: readonly AuditEntry[]): Promise<void> {
    if (this.isAway) throw new StoreUnavailableError('away');
    for (const entry of entries) if (!this.#entries.has(entry.id)) this.#entries.set(entry.id, structuredClone(entry));
  }

  async list({ from, until, ...equal }: AuditFilter, limit: number, after?: string): Promise<AuditPage> {
    if (this.isAway) throw new StoreUnavailableError('away');
    const wanted = Object.entries(equal).filter(([, value]) => value !== undefined);
    const newestFirst = [...this.#entries.values()]
      .filter((entry) => wanted.every(([field, value]) => entry[field as keyof AuditEntry] === value))
      .filter(({ at }) => (!from || at >= from) && (!until || at < until))
      .sort((a, b) => (a.id < b.id ? 1 : -1));
    const { page, next } = pageAfter(newestFirst, limit, after);
    return { entries: structuredClone(page), ...(next !== undefined && { next }) };
  }
}
