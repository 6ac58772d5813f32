import { groupBy } from '../../domain/group-by.ts';
import type { JobPart, JobRecord } from '../../domain/job.ts';
import { committedOutputKeys } from '../../domain/output-key.ts';
import { daysOf, hasPart, type Retained, type RetentionRule, type RetentionWalk, walksOf } from '../../domain/retention/retention-rule.ts';
import { removePart, retain } from '../../domain/transitions.ts';
import type { EndedJobs } from '../../ports/ended-jobs.ts';
import type { JobStore } from '../../ports/job-store.ts';
import type { OutputStore } from '../../ports/output-store.ts';
import type { RetentionStore } from '../../ports/retention-store.ts';

const BATCH = 500;
const DAY_MS = 86_400_000;
/** An end is looked at so long after: by then none that is older becomes readable any more, also after a fail-over. */
export const LOOKED_AT_AFTER_MS = 300_000;

export interface RetentionDeps {
  readonly retention: RetentionStore;
  readonly ended: EndedJobs;
  readonly store: Pick<JobStore, 'apply' | 'read' | 'serverTime'>;
  readonly outputs: Pick<OutputStore, 'removeOrphans'>;
  /** SHA-256, hex, of a value as JSON with sorted keys. */
  fingerprint(value: unknown): string;
}

/** Jobs changed: `job` were given another time to go, the parts were removed. */
export type RetentionCounts = Readonly<Record<Retained, number>>;

export interface RetentionOptions {
  readonly signal: AbortSignal;
  /** After each batch. */
  onBatch?(counts: RetentionCounts): Promise<void>;
}

/**
 * Applies the rules to all jobs that ended since it was last done by the same rules, 500 at a time; what was done is noted after each
 * batch, so that it goes on there after a death. Under other rules it goes over all ended jobs once.
 * @throws StoreUnavailableError.
 */
export async function applyRetention(
  deps: RetentionDeps,
  rules: readonly RetentionRule[],
  options: RetentionOptions,
): Promise<RetentionCounts> {
  let counts: RetentionCounts = { job: 0, payload: 0, outputs: 0, timeline: 0 };
  const walks = walksOf(rules);
  if (walks.length > 0) await deps.ended.prepare();
  const digest = deps.fingerprint(rules.map(({ type, outcome, days }) => ({ type, outcome, days })));
  for (const walk of walks) {
    for await (const changed of batchesOf(deps, walk, rules, digest)) {
      counts = { ...counts, [walk.what]: counts[walk.what] + changed };
      await options.onBatch?.(counts);
      if (options.signal.aborted) return counts;
    }
  }
  return counts;
}

async function* batchesOf(
  deps: RetentionDeps,
  walk: RetentionWalk,
  rules: readonly RetentionRule[],
  rulesDigest: string,
): AsyncGenerator<number> {
  const name = `${walk.what}:${walk.days}`;
  const noted = await deps.retention.place(name);
  let place = noted?.rulesDigest === rulesDigest ? noted : undefined;
  const now = await deps.store.serverTime();
  const before = new Date(now.getTime() - Math.max(walk.days * DAY_MS, LOOKED_AT_AFTER_MS));
  for (;;) {
    const jobs = await deps.ended.after(place, before, BATCH);
    const last = jobs.at(-1);
    if (!last) return;
    const changed = await applyTo(deps, walk, rules, jobs);
    place = { doneAt: last.doneAt!, id: last.id, rulesDigest };
    await deps.retention.notePlace(name, place);
    yield changed;
    if (jobs.length < BATCH) return;
  }
}

function applyTo(
  deps: RetentionDeps,
  { what, days }: RetentionWalk,
  rules: readonly RetentionRule[],
  jobs: readonly JobRecord[],
): Promise<number> {
  if (what === 'job') return retainJobs(deps, rules, jobs);
  const due = jobs.filter((job) => daysOf(rules, job)[what] === days && (job.removed?.[what] !== undefined || hasPart(job, what)));
  return removeParts(deps, what, due);
}

async function retainJobs({ store }: RetentionDeps, rules: readonly RetentionRule[], jobs: readonly JobRecord[]): Promise<number> {
  const retainMsOf = (job: JobRecord) => (daysOf(rules, job).job ?? 0) * DAY_MS;
  const due = jobs.filter((job) => {
    const retainMs = retainMsOf(job);
    return retainMs > 0 && job.expireAt?.getTime() !== job.doneAt!.getTime() + retainMs;
  });
  let changed = 0;
  for (const [retainMs, alike] of groupBy(due, retainMsOf))
    for (const [gen, group] of groupBy(alike, (job) => job.gen)) changed += await store.apply(idsOf(group), retain(gen, retainMs));
  return changed;
}

/** The records say it first; what is stored goes after, also of those that a process which died has only marked. */
async function removeParts(deps: RetentionDeps, part: JobPart, due: readonly JobRecord[]): Promise<number> {
  if (due.length === 0) return 0;
  let changed = 0;
  for (const [gen, group] of groupBy(due, (job) => job.gen)) changed += await deps.store.apply(idsOf(group), removePart(gen, part));
  if (part === 'timeline') return changed;
  const now = await deps.store.read(idsOf(due), 'majority');
  const marked = now.filter((job) => !job.active && job.removed?.[part] !== undefined);
  if (part === 'payload') await deps.ended.removePayloads(idsOf(marked));
  else await deps.outputs.removeOrphans(marked.flatMap(committedOutputKeys));
  return changed;
}

function idsOf(jobs: readonly JobRecord[]): readonly string[] {
  return jobs.map(({ id }) => id);
}
