import { StoreUnavailableError } from '../domain/failures.ts';
import { closingLine, type FsckProgress, isClean } from '../domain/fsck-report.ts';
import type { FsckRun, FsckRuns } from '../ports/fsck-runs.ts';
import { fsck } from './fsck.ts';
import type { FsckDeps, FsckOptions } from './fsck-deps.ts';
import { whileLeased } from './keep-lease.ts';

const LEASE = { name: 'fsck', leaseMs: 60_000 };
/** A run that was begun so often and never ended ends the processes that run it, or is too long for their lives. */
const MOST_TRIES = 3;

export interface FsckRunnerDeps extends FsckDeps {
  readonly fsckRuns: FsckRuns;
  /** Default: fsck's own. */
  readonly fsckWaits?: Pick<FsckOptions, 'settleMs' | 'janitorRoundMs'>;
}

/**
 * Runs what was asked for, one at a time in the whole system. A run whose process died is begun anew by the next one.
 * @returns runs that came to an end.
 */
export async function runFsckRequests(deps: FsckRunnerDeps, stop: AbortSignal): Promise<number> {
  const { fsckRuns } = deps;
  if (!(await fsckRuns.open())) return 0;
  const ended = await whileLeased(deps, LEASE, stop, async (signal) => {
    let count = 0;
    for (let run = await fsckRuns.open(); run && !signal.aborted; run = await fsckRuns.open()) {
      await runOne(deps, run, stop, signal);
      count += signal.aborted ? 0 : 1;
    }
    return count;
  });
  return ended ?? 0;
}

async function runOne(deps: FsckRunnerDeps, { id, by, repair, tries }: FsckRun, stop: AbortSignal, signal: AbortSignal): Promise<void> {
  const { fsckRuns, clock, logger } = deps;
  if (tries >= MOST_TRIES) return fsckRuns.end(id, { error: `It was begun ${tries} times and never came to an end.` });
  await fsckRuns.begin(id);
  const { onProgress } = progressNotes(deps, id);
  try {
    const startedAtMs = clock.monotonicMs();
    const report = await fsck(deps, { ...deps.fsckWaits, repair, signal, onProgress });
    await fsckRuns.end(id, { report });
    const facts = { run: id, by, repair, result: closingLine(report), took_ms: Math.round(clock.monotonicMs() - startedAtMs) };
    if (isClean(report)) logger.info(facts, 'fsck found nothing wrong');
    else logger.error({ ...facts, errors: report.errors, repaired: report.repaired, unchecked: report.unchecked }, 'fsck has findings');
  } catch (error) {
    if (stop.aborted) return await fsckRuns.giveBack(id);
    // Whoever has the lease now has begun it anew; a store that is away lets the next tick do so.
    if (signal.aborted || error instanceof StoreUnavailableError) throw error;
    logger.error({ err: error, run: id }, 'fsck could not run');
    await fsckRuns.end(id, { error: error instanceof Error ? error.message : String(error) });
  }
}

/** Notes progress once a second at most, and never fails for it. */
function progressNotes({ fsckRuns, clock }: FsckRunnerDeps, id: string): { onProgress(progress: FsckProgress): Promise<void> } {
  let [phase, notedAtMs] = ['', 0];
  return {
    onProgress: async (progress) => {
      if (progress.phase === phase && clock.monotonicMs() - notedAtMs < 1_000) return;
      [phase, notedAtMs] = [progress.phase, clock.monotonicMs()];
      await fsckRuns.note(id, progress).catch(() => undefined);
    },
  };
}
