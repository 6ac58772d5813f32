import type { FsckCategory, FsckFinding } from '../domain/fsck-report.ts';

/** Findings listed in a report; the counts go on. */
const MOST_LISTED = 1_000;

const NONE: Readonly<Record<FsckCategory, number>> = {
  lost: 0,
  doubled: 0,
  zombie: 0,
  orphaned_output: 0,
  stale_dead_letter: 0,
  unreadable_dead_letter: 0,
  broken_record: 0,
  missing_data: 0,
};

/** Collects what a run has found: counts of all, the first 1,000 themselves. */
export class FsckFindings {
  readonly counts: Record<FsckCategory, number> = { ...NONE };
  readonly listed: FsckFinding[] = [];
  /** What could not be looked at, and why. */
  readonly unchecked: string[] = [];
  readonly notes: string[] = [];
  errors = 0;
  repaired = 0;
  isCut = false;

  /** @param times a finding about a whole queue counts as often as it says. */
  add(finding: FsckFinding, times = 1): void {
    this.counts[finding.category] += times;
    if (finding.level === 'error') this.errors += times;
    if (finding.repaired !== undefined) this.repaired += times;
    if (this.listed.length < MOST_LISTED) this.listed.push(finding);
    else this.isCut = true;
  }
}
