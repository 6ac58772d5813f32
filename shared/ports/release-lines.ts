import type { ReleaseLine } from '../domain/off-peak/release-line.ts';

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

/** Moments of release that are given away, shared by all processes. Methods throw `StoreUnavailableError`. */
export interface ReleaseLines {
  read(key: ReleaseLineKey): Promise<StoredReleaseLine | undefined>;
  /** Puts a line in place of the one of this version; 0: of none. @returns false where somebody was faster. */
  replace(key: ReleaseLineKey, line: ReleaseLine, version: number): Promise<boolean>;
}
