import type { ApiKeys } from '../../../shared/ports/api-keys.ts';
import type { Logger } from '../../../shared/ports/logger.ts';
import type { Service } from '../../../shared/ports/service.ts';

const WRITE_EVERY_MS = 60_000;

export interface KeyUseOptions {
  readonly keys: Pick<ApiKeys, 'noteUsed'>;
  readonly logger: Logger;
  /** Default 60,000. */
  readonly writeEveryMs?: number;
}

/** Writes which keys were used, once a minute: a use costs no write of its own. */
export class KeyUse implements Service {
  readonly name = 'key use';
  readonly #options: KeyUseOptions;
  #used = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: KeyUseOptions) {
    this.#options = options;
  }

  note(id: string): void {
    this.#used.add(id);
  }

  async start(): Promise<void> {
    this.#timer = setInterval(() => void this.#write(), this.#options.writeEveryMs ?? WRITE_EVERY_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#write();
  }

  async #write(): Promise<void> {
    if (this.#used.size === 0) return;
    const ids = [...this.#used];
    this.#used = new Set();
    try {
      await this.#options.keys.noteUsed(ids);
    } catch (error) {
      this.#options.logger.warn({ err: error, keys: ids.length }, 'noting the use of keys failed');
    }
  }
}
