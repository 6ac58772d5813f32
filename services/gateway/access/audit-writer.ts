import { type AuditEntry, momentOf } from '../../../shared/domain/audit-entry.ts';
import { StoreUnavailableError } from '../../../shared/domain/failures.ts';
import type { AuditLog } from '../../../shared/ports/audit-log.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import type { Logger } from '../../../shared/ports/logger.ts';
import type { Service } from '../../../shared/ports/service.ts';
import type { Audit } from '../middleware/audited.ts';

/** Entries gather for so long: they are nobody's answer, and many in one write cost less. */
const WRITE_EVERY_MS = 500;
const MOST_AT_ONCE = 1_000;
const MOST_KEPT = 20_000;

export interface AuditWriterOptions {
  readonly log: Pick<AuditLog, 'append'>;
  readonly clock: Pick<Clock, 'uuid'>;
  readonly logger: Logger;
  /** Default 500. */
  readonly writeEveryMs?: number;
  /** Default 20,000. */
  readonly mostKept?: number;
}

/**
 * Writes the audit log each 0.5 s, off the path of requests. While the store is away entries are kept, the first 20,000;
 * further ones are counted and dropped. A process that is killed loses those of its last 0.5 s.
 */
export class AuditWriter implements Audit, Service {
  readonly name = 'audit log';
  readonly #options: AuditWriterOptions;
  #kept: AuditEntry[] = [];
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;
  #written = 0;
  #dropped = 0;

  constructor(options: AuditWriterOptions) {
    this.#options = options;
  }

  /** Entries written, dropped, and waiting. */
  get figures(): { readonly written: number; readonly dropped: number; readonly waiting: number } {
    return { written: this.#written, dropped: this.#dropped, waiting: this.#kept.length };
  }

  note(facts: Omit<AuditEntry, 'id' | 'at'>): void {
    if (this.#kept.length >= (this.#options.mostKept ?? MOST_KEPT)) {
      this.#dropped += 1;
      return;
    }
    const id = this.#options.clock.uuid();
    this.#kept.push({ id, at: momentOf(id), ...facts });
  }

  async start(): Promise<void> {
    this.#timer = setInterval(() => void this.#write(), this.#options.writeEveryMs ?? WRITE_EVERY_MS);
  }

  /** Writes what is left, if the store takes it. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#write();
    await this.#write();
    if (this.#kept.length > 0) this.#options.logger.error({ entries: this.#kept.length }, 'entries of the audit log were lost');
  }

  #write(): Promise<void> {
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
    });
    return this.#writing;
  }

  async #writeAll(): Promise<void> {
    try {
      while (this.#kept.length > 0) {
        const entries = this.#kept.slice(0, MOST_AT_ONCE);
        await this.#options.log.append(entries);
        this.#written += entries.length;
        this.#kept = this.#kept.slice(entries.length);
      }
    } catch (error) {
      const facts = { entries: this.#kept.length, dropped: this.#dropped };
      if (!(error instanceof StoreUnavailableError)) this.#options.logger.error({ ...facts, err: error }, 'writing the audit log failed');
      else this.#options.logger.warn(facts, 'the audit log cannot be written now');
    }
  }
}
