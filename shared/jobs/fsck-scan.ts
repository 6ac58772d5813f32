import { JOB_STATES, type JobState } from '../domain/job.ts';
import type { BellEvidence } from './fsck-bells.ts';
import { FSCK_PAGE, type FsckDeps, type FsckOptions, MOST_SUSPECTS } from './fsck-deps.ts';
import { type Evidence, type Judged, judgeJobs } from './fsck-judge.ts';

/** What the first look over all jobs has seen. */
export interface Scan {
  readonly jobs: number;
  readonly byState: Readonly<Record<JobState, number>>;
  /** Job id → rule → the generation at which it was broken. */
  readonly suspects: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** Further ones, not remembered. */
  readonly notRemembered: number;
  /** Jobs of types that this process does not know. */
  readonly unknownTypes: number;
}

/** The first look: every job, page by page. Memory does not grow with the jobs, only with what is wrong, up to 10,000. */
export async function scanAll(deps: FsckDeps, options: FsckOptions, evidence: Evidence): Promise<Scan> {
  const byState = Object.fromEntries(JOB_STATES.map((state) => [state, 0])) as Record<JobState, number>;
  const suspects = new Map<string, ReadonlyMap<string, number>>();
  let [jobs, notRemembered, unknownTypes] = [0, 0, 0];
  for (let after: string | undefined; ; ) {
    options.signal.throwIfAborted();
    const page = await deps.store.scan(FSCK_PAGE, after);
    for (const { record } of page) {
      byState[record.state] += 1;
      evidence.bells.count(record);
      if (!deps.pipelines.has(record.type)) unknownTypes += 1;
    }
    for (const { record, rules } of await judgeJobs(deps, evidence, page)) {
      if (suspects.size >= (options.mostSuspects ?? MOST_SUSPECTS)) notRemembered += 1;
      else suspects.set(record.id, new Map(rules.map(({ rule }) => [rule, record.gen])));
    }
    jobs += page.length;
    await options.onProgress?.({ phase: 'jobs', jobs });
    if (page.length < FSCK_PAGE) return { jobs, byState, suspects, notRemembered, unknownTypes };
    after = page.at(-1)!.record.id;
  }
}

/** The second look at the suspects: what is broken by the same rule at the same generation. */
export async function* confirmed(deps: FsckDeps, { signal }: FsckOptions, { suspects }: Scan, evidence: Evidence): AsyncGenerator<Judged> {
  const ids = [...suspects.keys()];
  for (let from = 0; from < ids.length; from += FSCK_PAGE) {
    signal.throwIfAborted();
    const jobs = await deps.store.inspect(ids.slice(from, from + FSCK_PAGE));
    for (const { record, rules } of await judgeJobs(deps, evidence, jobs)) {
      const still = rules.filter(({ rule }) => suspects.get(record.id)?.get(rule) === record.gen);
      if (still.length > 0) yield { record, rules: still };
    }
  }
}

/** Counts the waiting jobs once more, for queues that seemed to hold too few messages. */
export async function countWaiting(deps: FsckDeps, { signal }: FsckOptions, bells: BellEvidence): Promise<void> {
  for (let after: string | undefined; ; ) {
    signal.throwIfAborted();
    const page = await deps.store.scan(FSCK_PAGE, after);
    for (const { record } of page) bells.count(record);
    if (page.length < FSCK_PAGE) return;
    after = page.at(-1)!.record.id;
  }
}
