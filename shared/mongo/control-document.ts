import type { Document } from 'mongodb';
import type { CalendarWindow } from '../domain/windows/calendar-window.ts';

/** A later release that writes other fields raises it. */
export const SCHEMA_VERSION = 1;
/** Before the id of a pause, and before the name of a window. */
export const PAUSE = 'pause:';
export const WINDOW = 'window:';

/** One thing that operators have set, in collection `controls`. */
export interface ControlDocument extends Document {
  readonly _id: string;
  readonly kind: 'pause' | 'drain' | 'window' | 'breaker' | 'limit' | 'lanes';
  readonly schemaVersion: number;
}

/** The window of its document. */
export function windowOf({ _id, kind: _, schemaVersion: __, ...fields }: ControlDocument): CalendarWindow {
  return { name: _id.slice(WINDOW.length), ...(fields as Omit<CalendarWindow, 'name'>) };
}
