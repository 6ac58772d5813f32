/** Jobs of one version of a type that have not ended, and those that failed. */
export interface VersionUse {
  readonly type: string;
  readonly version: number;
  /** QUEUED, RUNNING, RETRY_WAIT, SCHEDULED. */
  readonly active: number;
  /** FAILED: they may be replayed, by the stages of their version. */
  readonly deadLetters: number;
}

/** Why a version must stay, one sentence each; none: no job needs it. */
export function versionNeeds({ active, deadLetters }: Pick<VersionUse, 'active' | 'deadLetters'>, isNewest: boolean): readonly string[] {
  return [
    ...(isNewest ? ['It is the newest: new jobs are of it.'] : []),
    ...(active > 0 ? [`${active} ${active === 1 ? 'job has' : 'jobs have'} not ended.`] : []),
    ...(deadLetters > 0
      ? [`${deadLetters} ${deadLetters === 1 ? 'dead letter' : 'dead letters'} can be replayed; delete or replay them.`]
      : []),
  ];
}
