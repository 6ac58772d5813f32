/** What an engine has done since it started; for metrics, fsck and the chaos verdict. */
export interface EngineCounters {
  claimed: number;
  committed: number;
  retried: number;
  dead: number;
  released: number;
  /** Commits that found the claim gone: the work of a zombie, discarded. */
  fenced: number;
  /** Bells with nothing to do. */
  stale: number;
  /** Bells ahead of their record that were given up after 620 ms. */
  early: number;
  replayed: number;
  parked: number;
  timeouts: number;
  /** Claims handed back since their jobs are paused. */
  postponed: number;
}

export function newEngineCounters(): EngineCounters {
  return {
    ...{ claimed: 0, committed: 0, retried: 0, dead: 0, released: 0, fenced: 0 },
    ...{ stale: 0, early: 0, replayed: 0, parked: 0, timeouts: 0, postponed: 0 },
  };
}
