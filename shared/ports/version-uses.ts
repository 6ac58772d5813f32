import type { VersionUse } from '../domain/version-use.ts';

/** Which versions of which types jobs still need. */
export interface VersionUses {
  /** By type and version, each that has a job that has not ended, or a dead letter. @throws StoreUnavailableError, also when it takes longer than 10 s. */
  read(): Promise<readonly VersionUse[]>;
}
