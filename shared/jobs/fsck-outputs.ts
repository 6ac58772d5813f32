import type { JobRecord } from '../domain/job.ts';
import { keptResults } from '../domain/kept-results.ts';
import type { OutputKey } from '../domain/output-key.ts';
import type { ScannedJob } from '../ports/job-store.ts';
import { FSCK_PAGE, type FsckDeps, type FsckOptions, MOST_SUSPECTS } from './fsck-deps.ts';

const HOUR_MS = 3_600_000;
/** At first the sweep's own time is a day after the insert, and it looks from an hour after the insert on. */
const SWEPT_WITHIN_MS = 23 * HOUR_MS;
/** The sweep comes each hour: what it has left for a day, it does not see. */
const OVERDUE_MS = 24 * HOUR_MS;

export interface OrphanedOutput extends OutputKey {
  /** The sweep should have removed it long ago. */
  readonly isOverdue: boolean;
  readonly detail: string;
}

/** Why no commit can make the output visible any more; undefined while it is in use, or may be. */
export function orphanDetail({ claim }: OutputKey, record: JobRecord | undefined): string | undefined {
  if (!record) return 'of a job that is gone';
  if (record.removed?.outputs) return 'of a job whose outputs have had their time';
  if (record.claim === claim || keptResults(record).some((result) => result.claim === claim)) return undefined;
  return record.active ? 'of a claim that lost its job' : `of a claim that did not commit; the job is ${record.state}`;
}

/** Outputs older than an hour that no committed claim names. @returns those to look at again, and how many there are in all. */
export async function findOrphans(deps: FsckDeps, { signal }: FsckOptions): Promise<{ orphans: OrphanedOutput[]; total: number }> {
  const orphans: OrphanedOutput[] = [];
  let total = 0;
  for (let after: string | undefined; ; ) {
    signal.throwIfAborted();
    const page = await deps.outputs.scanOutputs(FSCK_PAGE, after);
    const nowMs = deps.clock.now().getTime();
    const old = page.filter(({ sweepAt }) => sweepAt.getTime() <= nowMs + SWEPT_WITHIN_MS);
    const records = new Map((await deps.store.read([...new Set(old.map(({ jobId }) => jobId))], 'majority')).map((one) => [one.id, one]));
    for (const { jobId, stage, claim, sweepAt } of old) {
      const detail = orphanDetail({ jobId, stage, claim }, records.get(jobId));
      if (detail === undefined) continue;
      total += 1;
      if (orphans.length < MOST_SUSPECTS) orphans.push({ jobId, stage, claim, isOverdue: sweepAt.getTime() < nowMs - OVERDUE_MS, detail });
    }
    if (page.length < FSCK_PAGE) return { orphans, total };
    after = page.at(-1)!.cursor;
  }
}

/** Of committed results, those whose stored files lack bytes: job id → what is missing. */
export async function findMissingOutputs(deps: FsckDeps, jobs: readonly ScannedJob[]): Promise<ReadonlyMap<string, string>> {
  const kept = jobs.filter(({ record }) => !record.removed?.outputs);
  const keys = kept.flatMap(({ record: { id, results } }) => results.map(({ stage, claim }) => ({ jobId: id, stage, claim })));
  const missing = new Map<string, string>();
  for (let from = 0; from < keys.length; from += FSCK_PAGE) {
    const stored = await deps.outputs.readOutputs(keys.slice(from, from + FSCK_PAGE));
    const gone = new Set(await deps.outputs.missingFiles(stored.flatMap(({ files }) => files.map(({ ref }) => ref))));
    for (const { jobId, stage, files } of stored)
      for (const { ref, name } of files) if (gone.has(ref)) missing.set(jobId, `the bytes of ${name} of stage ${stage} are not stored`);
  }
  return missing;
}
