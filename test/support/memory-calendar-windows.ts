import type { Pause } from '../../shared/domain/control/pause.ts';
import type { CalendarWindow, Occurrence } from '../../shared/domain/windows/calendar-window.ts';
import type { CalendarWindows, WindowToPut } from '../../shared/ports/calendar-windows.ts';
import type { Clock } from '../../shared/ports/clock.ts';

interface Options {
  readonly clock: Clock;
  readonly leave: (pause: Pause) => void;
}

/** Windows in memory that pass the contract of the real ones. */
export class MemoryCalendarWindows implements CalendarWindows {
  readonly #options: Options;
  readonly #windows = new Map<string, CalendarWindow>();

  constructor(options: Options) {
    this.#options = options;
  }

  all(): readonly CalendarWindow[] {
    return [...this.#windows.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async put(wanted: WindowToPut): Promise<CalendarWindow> {
    const before = this.#windows.get(wanted.name);
    const now = this.#options.clock.now();
    const given = Object.fromEntries(Object.entries(structuredClone(wanted)).filter(([, value]) => value !== undefined)) as WindowToPut;
    const times = { createdAt: before?.createdAt ?? now, updatedAt: now };
    return structuredClone(this.#set({ ...given, ...times, revision: (before?.revision ?? 0) + 1, skipped: [] }));
  }

  async remove(name: string): Promise<CalendarWindow | undefined> {
    const window = this.#windows.get(name);
    this.#windows.delete(name);
    return window;
  }

  async plan(name: string, revision: number, occurrences: readonly Occurrence[]): Promise<boolean> {
    const window = this.#at(name, revision);
    if (window) this.#set({ ...window, occurrences: structuredClone(occurrences) });
    return window !== undefined;
  }

  async skip(name: string, revision: number, plan: Pick<CalendarWindow, 'occurrences' | 'skipped'>): Promise<boolean> {
    const window = this.#at(name, revision);
    if (window) this.#set({ ...window, ...structuredClone(plan), revision: revision + 1, updatedAt: this.#options.clock.now() });
    return window !== undefined;
  }

  async leaveEnded(pause: Pause): Promise<void> {
    this.#options.leave(structuredClone(pause));
  }

  #at(name: string, revision: number): CalendarWindow | undefined {
    const window = this.#windows.get(name);
    return window?.revision === revision ? window : undefined;
  }

  #set(window: CalendarWindow): CalendarWindow {
    this.#windows.set(window.name, window);
    return window;
  }
}
