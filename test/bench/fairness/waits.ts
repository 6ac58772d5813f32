/** What a record tells of how its job waited. */
export interface WaitRecord {
  readonly state: string;
  readonly createdAt: Date;
  readonly results: readonly { readonly stage: number; readonly startedAt?: Date; readonly at: Date }[];
}

/** How a tenant's first job fared, in ms. */
export interface FirstJob {
  /** From its submission to its start at the first stage; undefined: it had not started. */
  readonly firstStageMs?: number;
  /** From the commit of the first stage to its start at the second. */
  readonly secondStageMs?: number;
}

/** What the record of a first job says. */
export function firstJobOf({ createdAt, results }: WaitRecord): FirstJob {
  const [first, second] = [0, 1].map((stage) => results.find((result) => result.stage === stage));
  return {
    ...(first?.startedAt && { firstStageMs: first.startedAt.getTime() - createdAt.getTime() }),
    ...(first && second?.startedAt && { secondStageMs: second.startedAt.getTime() - first.at.getTime() }),
  };
}

/** What was measured of the whole. */
export interface Fairness {
  readonly firstJobs: readonly FirstJob[];
  /** Of the one tenant, when the others came, and when the last of these was served. */
  readonly queuedBefore: number;
  readonly queuedAfter: number;
  /** Of its jobs, while the others were served. */
  readonly completedMeanwhile: number;
}

/** Everything that is wrong, a sentence each; none: it passed. */
export function problemsOf(fairness: Fairness, { jobs, limitMs }: { readonly jobs: number; readonly limitMs: number }): readonly string[] {
  const { firstJobs, queuedBefore, queuedAfter, completedMeanwhile } = fairness;
  const late = (ms: number | undefined): boolean => ms === undefined || ms > limitMs;
  const count = (isLate: (job: FirstJob) => boolean): number => firstJobs.filter(isLate).length;
  const [first, second] = [count(({ firstStageMs }) => late(firstStageMs)), count(({ secondStageMs }) => late(secondStageMs))];
  return [
    ...(queuedBefore >= jobs ? [] : [`${queuedBefore} jobs were queued, not ${jobs}`]),
    ...(queuedAfter > 0 ? [] : ['nothing was queued any more when the last tenant was served']),
    ...(completedMeanwhile > 0 ? [] : ['none of the jobs that were queued first ended meanwhile']),
    ...(first === 0 ? [] : [`${first} of ${firstJobs.length} first jobs had not started within ${limitMs} ms`]),
    ...(second === 0 ? [] : [`${second} of ${firstJobs.length} had not started at their second stage within ${limitMs} ms`]),
  ];
}
