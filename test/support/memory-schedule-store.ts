import { dueAtOf, type ScheduleRecord, type Tick, type TickState } from '../../shared/domain/schedule/schedule.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { SchedulePage, ScheduleStore, TickEnd, TickEntry, TickPage } from '../../shared/ports/schedule-store.ts';
import { pageAfter } from './page-after.ts';

/** ScheduleStore in memory that passes the contract of the real one. */
export class MemoryScheduleStore implements ScheduleStore {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #schedules = new Map<string, ScheduleRecord>();
  readonly #ticks = new Map<string, Tick>();
  readonly #watchers = new Set<() => void>();

  constructor({ clock }: { clock: Pick<Clock, 'now'> }) {
    this.#clock = clock;
  }

  async create(record: ScheduleRecord): Promise<boolean> {
    if (this.#schedules.has(record.id)) return false;
    this.#put(record);
    return true;
  }

  async read(tenant: string, id: string): Promise<ScheduleRecord | undefined> {
    const found = this.#schedules.get(id);
    return found?.tenant === tenant ? structuredClone(found) : undefined;
  }

  async list(tenant: string, limit: number, after?: string): Promise<SchedulePage> {
    const newestFirst = [...this.#schedules.values()]
      .filter((one) => one.tenant === tenant)
      .sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime() || (a.id < b.id ? 1 : -1));
    const { page, next } = pageAfter(newestFirst, limit, after);
    return { schedules: structuredClone(page), ...(next !== undefined && { next }) };
  }

  async count(tenant: string): Promise<number> {
    return [...this.#schedules.values()].filter((one) => one.tenant === tenant).length;
  }

  async replace(record: ScheduleRecord): Promise<ScheduleRecord | undefined> {
    if (this.#schedules.get(record.id)?.version !== record.version) return undefined;
    return this.#put({ ...record, version: record.version + 1 });
  }

  async remove({ id, version }: ScheduleRecord): Promise<boolean> {
    if (this.#schedules.get(id)?.version !== version) return false;
    this.#schedules.delete(id);
    for (const tick of this.#ticks.values()) if (tick.scheduleId === id) this.#ticks.delete(tick.id);
    return true;
  }

  async due(now: Date, limit: number): Promise<readonly ScheduleRecord[]> {
    const due = this.#byDue().filter(({ dueAt }) => dueAt <= now);
    return structuredClone(due.slice(0, limit).map(({ record }) => record));
  }

  async nextDueAt(): Promise<Date | undefined> {
    return this.#byDue()[0]?.dueAt;
  }

  async openTicks(entries: readonly TickEntry[]): Promise<void> {
    for (const { tick, replaces = [] } of entries) {
      const known = this.#ticks.get(tick.id);
      const decidedAt = this.#clock.now();
      if (!known) this.#ticks.set(tick.id, { ...structuredClone(tick), decidedAt });
      else if (replaces.includes(known.state)) {
        const { detail: _, reason: __, ...kept } = known;
        this.#ticks.set(tick.id, { ...kept, state: tick.state, ...(tick.reason !== undefined && { reason: tick.reason }), decidedAt });
      }
    }
  }

  async endTicks(ends: readonly TickEnd[]): Promise<void> {
    for (const { id, ...facts } of ends) {
      const known = this.#ticks.get(id);
      if (!known || (facts.state !== 'submitted' && known.state !== 'due')) continue;
      const { detail: _, reason: __, ...kept } = known;
      this.#ticks.set(id, { ...(facts.state === 'submitted' ? kept : known), ...facts, decidedAt: this.#clock.now() });
    }
  }

  async readTicks(ids: readonly string[]): Promise<readonly Tick[]> {
    return structuredClone([...new Set(ids)].flatMap((id) => this.#ticks.get(id) ?? []));
  }

  async listTicks(
    { scheduleId, state }: { readonly scheduleId: string; readonly state?: TickState },
    limit: number,
    after?: string,
  ): Promise<TickPage> {
    const newestFirst = [...this.#ticks.values()]
      .filter((tick) => tick.scheduleId === scheduleId && (state === undefined || tick.state === state))
      .sort((a, b) => b.at.getTime() - a.at.getTime() || (a.id < b.id ? 1 : -1));
    const { page, next } = pageAfter(newestFirst, limit, after);
    return { ticks: structuredClone(page), ...(next !== undefined && { next }) };
  }

  watch(changed: () => void): { close(): Promise<void> } {
    this.#watchers.add(changed);
    return {
      close: async () => {
        this.#watchers.delete(changed);
      },
    };
  }

  #byDue(): { readonly record: ScheduleRecord; readonly dueAt: Date }[] {
    const due = [...this.#schedules.values()].flatMap((record) => {
      const dueAt = dueAtOf(record);
      return dueAt ? [{ record, dueAt }] : [];
    });
    return due.sort((a, b) => a.dueAt.getTime() - b.dueAt.getTime());
  }

  #put(record: ScheduleRecord): ScheduleRecord {
    this.#schedules.set(record.id, structuredClone(record));
    for (const changed of this.#watchers) changed();
    return structuredClone(record);
  }
}
