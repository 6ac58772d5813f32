import type { JobRecord } from '../../shared/domain/job.ts';
import { RELAY_AGAIN_MS } from '../../shared/domain/transitions.ts';
import type { WaitingTurns } from '../../shared/ports/waiting-turns.ts';
import type { MemoryJobStore } from './memory-job-store.ts';

/** WaitingTurns of a store in memory that pass the contract of the real ones. */
export class MemoryWaitingTurns implements WaitingTurns {
  readonly #store: MemoryJobStore;

  constructor(store: MemoryJobStore) {
    this.#store = store;
  }

  async next(name: string, except: readonly string[]): Promise<JobRecord | undefined> {
    const afterMs = (await this.#store.serverTime()).getTime() + RELAY_AGAIN_MS + 1_000;
    const waiting = (await this.#queued()).filter(({ id, pub }) => pub?.for === name && !except.includes(id));
    return waiting.filter(({ pub }) => (pub?.due?.getTime() ?? 0) > afterMs).toSorted((a, b) => (a.id < b.id ? -1 : 1))[0];
  }

  async names(limit: number, after = ''): Promise<readonly string[]> {
    const names = new Set((await this.#queued()).flatMap(({ pub }) => pub?.for ?? []));
    return [...names]
      .toSorted()
      .filter((name) => name > after)
      .slice(0, limit);
  }

  async #queued(): Promise<readonly JobRecord[]> {
    return (await this.#store.list({ state: 'QUEUED' }, Number.MAX_SAFE_INTEGER)).jobs;
  }
}
