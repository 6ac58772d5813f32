import type { FsckFinding, FsckReport } from '../../shared/domain/fsck-report.ts';
import { FsckFindings } from '../../shared/jobs/fsck-findings.ts';

export const LOST: FsckFinding = { category: 'lost', rule: 'bell_lost', level: 'error', jobId: 'job-1', detail: 'its bell is gone' };

/** A report of 12,345 jobs with these findings. */
export function reportWith(findings: readonly FsckFinding[] = [], more: Partial<FsckReport> = {}): FsckReport {
  const found = new FsckFindings();
  for (const one of findings) found.add(one);
  const at = new Date('2026-01-01T02:30:00.000Z');
  const byState = { SCHEDULED: 0, QUEUED: 0, RUNNING: 0, RETRY_WAIT: 0, COMPLETED: 12_345, FAILED: 0, CANCELED: 0, EXPIRED: 0 };
  const { counts, errors, repaired, listed, isCut, unchecked, notes } = found;
  const sums = { jobs: 12_345, byState, deadLetters: 0, outputsToSweep: 0 };
  return {
    startedAt: at,
    endedAt: at,
    repair: false,
    ...sums,
    counts,
    errors,
    repaired,
    findings: listed,
    isCut,
    unchecked,
    notes,
    ...more,
  };
}
