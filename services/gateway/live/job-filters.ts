import { type JobState, laneAskedFor } from '../../../shared/domain/job.ts';
import type { JobFilterRequest } from '../../../shared/schema/live-messages.ts';
import type { JobEvent, LiveJob } from './job-event.ts';
import type { JobWatcher } from './job-fan-out.ts';

/** The filters of one client: of its tenant's jobs, those that any of them is for. */
export class JobFilters implements JobWatcher {
  readonly #tenant: string;
  readonly #filters = new Map<string, JobFilterRequest>();
  readonly #told: { onEvent(event: JobEvent, filters: readonly string[]): void; onMissed(filters: readonly string[]): void };

  constructor(
    tenant: string,
    told: { onEvent(event: JobEvent, filters: readonly string[]): void; onMissed(filters: readonly string[]): void },
  ) {
    this.#tenant = tenant;
    this.#told = told;
  }

  get size(): number {
    return this.#filters.size;
  }

  has(name: string): boolean {
    return this.#filters.has(name);
  }

  /** In place of one of the same name. */
  put(filter: JobFilterRequest): void {
    this.#filters.set(filter.name, filter);
  }

  remove(name: string): boolean {
    return this.#filters.delete(name);
  }

  mayWant(state: JobState | undefined): boolean {
    if (state === undefined) return this.#filters.size > 0;
    for (const filter of this.#filters.values()) if (filter.state === undefined || filter.state === state) return true;
    return false;
  }

  update({ record }: LiveJob, events: readonly JobEvent[]): void {
    if (record.tenant !== this.#tenant) return;
    const fitting = [...this.#filters.values()].filter(
      ({ type, lane }) => (type === undefined || type === record.type) && (lane === undefined || lane === laneAskedFor(record)),
    );
    for (const event of events) {
      const names = fitting.filter(({ state }) => state === undefined || state === event.state).map(({ name }) => name);
      if (names.length > 0) this.#told.onEvent(event, names);
    }
  }

  missed(): void {
    if (this.#filters.size > 0) this.#told.onMissed([...this.#filters.keys()]);
  }
}
