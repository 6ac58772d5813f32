/** A job as its record tells of it. */
export interface DueRecord {
  readonly runAt?: Date;
  readonly state: string;
  readonly results: readonly { readonly stage: number; readonly startedAt?: Date }[];
}

/** How late jobs began that were due at one instant. */
export interface Lateness {
  /** After `run_at`, by the store's clock; earliest first. */
  readonly startsMs: readonly number[];
  readonly early: number;
  readonly incomplete: number;
  /** Jobs with two results of one stage. */
  readonly doubled: number;
}

/** What the records say. */
export function latenessOf(records: readonly DueRecord[]): Lateness {
  const startsMs = records
    .flatMap(({ runAt, results }) => {
      const start = results.find(({ stage }) => stage === 0)?.startedAt;
      return runAt && start ? [start.getTime() - runAt.getTime()] : [];
    })
    .toSorted((a, b) => a - b);
  return {
    startsMs,
    early: startsMs.filter((ms) => ms < 0).length,
    incomplete: records.filter(({ state }) => state !== 'COMPLETED').length,
    doubled: records.filter(({ results }) => new Set(results.map(({ stage }) => stage)).size < results.length).length,
  };
}

/** Everything that is wrong, a sentence each; none: it passed. */
export function problemsOf(lateness: Lateness, wanted: { jobs: number; limitMs: number; executedTwice: number }): readonly string[] {
  const { startsMs, early, incomplete, doubled } = lateness;
  const { jobs, limitMs, executedTwice } = wanted;
  const first = startsMs[0] ?? Number.POSITIVE_INFINITY;
  return [
    ...(startsMs.length === jobs ? [] : [`${startsMs.length} of ${jobs} jobs have a start`]),
    ...(first <= limitMs ? [] : [`the first start came ${first} ms after its instant, not within ${limitMs} ms`]),
    ...(early === 0 ? [] : [`${early} started early`]),
    ...(incomplete === 0 ? [] : [`${incomplete} did not complete`]),
    ...(doubled === 0 ? [] : [`${doubled} have two results of a stage`]),
    ...(executedTwice === 0 ? [] : [`${executedTwice} stages ran twice`]),
  ];
}
