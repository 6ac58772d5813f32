import type { Pause } from '../domain/control/pause.ts';
import type { CalendarWindow, Occurrence, WindowSpec } from '../domain/windows/calendar-window.ts';

/** What an operator asks for, and when that is. */
export type WindowToPut = WindowSpec & Pick<CalendarWindow, 'by' | 'occurrences'>;

/** Windows by calendar; `Controls.read` tells them. Durable (majority) when it returns. Methods throw `StoreUnavailableError`. */
export interface CalendarWindows {
  /** Makes a window, or says it anew under its name; what was skipped is forgotten. */
  put(window: WindowToPut): Promise<CalendarWindow>;
  /** @returns the window that was removed. */
  remove(name: string): Promise<CalendarWindow | undefined>;
  /** Writes its occurrences anew. @returns false where an operator has changed it since this revision. */
  plan(name: string, revision: number, occurrences: readonly Occurrence[]): Promise<boolean>;
  /** Calls an occurrence off, which is a change by an operator. @returns false where it has changed since this revision. */
  skip(name: string, revision: number, plan: Pick<CalendarWindow, 'occurrences' | 'skipped'>): Promise<boolean>;
  /** Leaves a pause behind that has ended now, so that what it has postponed is owed again. */
  leaveEnded(pause: Pause): Promise<void>;
}
