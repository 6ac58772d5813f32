import type { ReleaseLine } from '../domain/off-peak/release-line.ts';
import type { CalendarWindow } from '../domain/windows/calendar-window.ts';

/** A line as it is stored. */
export interface StoredReleaseLine extends ReleaseLine {
  /** +1 a write. */
  readonly version: number;
}

/** Where one line is: an occurrence of a window, and which revision of the window counts. */
export interface ReleaseLineKey {
  readonly window: string;
  readonly revision: number;
  readonly from: Date;
  /** It is forgotten some time after. */
  readonly until: Date;
}

/** A window as releases were planned for it last. */
export interface PlannedWindow extends Pick<CalendarWindow, 'name' | 'types'> {
  /** Which one of this name, and how often an operator has changed it. */
  readonly mark: string;
}

/** For which off-peak windows the releases of all jobs are planned. */
export interface ReleasePlan {
  readonly windows: readonly PlannedWindow[];
  /** Jobs are being planned again, for the windows with these marks: begins the tokens of those that have been. */
  readonly under?: { readonly id: string; readonly marks: string; readonly since: Date };
}

/** Moments of release that are given away, shared by all processes. Methods throw `StoreUnavailableError`. */
export interface ReleaseLines {
  read(key: ReleaseLineKey): Promise<StoredReleaseLine | undefined>;
  /** Puts a line in place of the one of this version; 0: of none. @returns false where somebody was faster. */
  replace(key: ReleaseLineKey, line: ReleaseLine, version: number): Promise<boolean>;
  /** undefined: never noted. */
  readPlan(): Promise<ReleasePlan | undefined>;
  /** Whoever holds the lease of planning notes it. */
  notePlan(plan: ReleasePlan): Promise<void>;
}
