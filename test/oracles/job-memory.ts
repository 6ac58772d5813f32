import type { JobRecord, JobState } from '../../shared/domain/job.ts';
import { sameValue } from './same-value.ts';

/** A claim that the history shows. `kind: 'fused'` was claimed and committed in one write. */
export interface SeenClaim {
  readonly claim: string;
  readonly epoch: number;
  readonly stage: number;
  readonly run: number;
  readonly atMs: number;
  readonly kind: 'plain' | 'fused';
}

/** A commit that the history shows. */
export interface SeenCommit {
  readonly stage: number;
  readonly run: number;
  readonly epoch: number;
  readonly claim: string;
  readonly atMs: number;
}

/** An end, or a start anew after one. */
export interface SeenTurn {
  readonly state: JobState;
  readonly run: number;
  readonly atMs: number;
}

/** From when on a stage could be claimed. */
export interface SeenDue {
  readonly stage: number;
  readonly run: number;
  readonly atMs: number;
}

/** What the observer remembers of one job, to judge what comes and for the other oracles. */
export class JobMemory {
  /** As the last change left it; undefined before the insert and after the deletion. */
  last: JobRecord | undefined;
  isDeleted = false;
  /** Tokens of all debts so far. */
  readonly tokens = new Set<string>();
  claims: SeenClaim[] = [];
  commits: SeenCommit[] = [];
  readonly turns: SeenTurn[] = [];
  readonly dues: SeenDue[] = [];
  /** Claims that a fail-over took back: their handlers may have run. */
  readonly rolledBackClaims: SeenClaim[] = [];

  /** Takes in what a change left behind. */
  take(before: JobRecord | undefined, after: JobRecord | undefined, atMs: number): void {
    this.last = after;
    if (!after) {
      this.isDeleted = true;
      return;
    }
    if (after.pub?.by !== undefined) this.tokens.add(after.pub.by);
    const results = after.results.filter(({ claim }) => !this.commits.some((known) => known.claim === claim));
    if (after.state === 'RUNNING' && after.claim !== undefined && after.claim !== before?.claim) {
      this.claims.push({ claim: after.claim, epoch: after.epoch, stage: after.stage, run: after.run, atMs, kind: 'plain' });
    }
    for (const { stage, run, epoch, claim } of results) {
      this.commits.push({ stage, run, epoch, claim, atMs });
      if (before && epoch > before.epoch) this.claims.push({ claim, epoch, stage, run, atMs, kind: 'fused' });
    }
    const isQueued = after.state === 'QUEUED';
    if (isQueued && (before?.state !== 'QUEUED' || before.stage !== after.stage))
      this.dues.push({ stage: after.stage, run: after.run, atMs });
    if (!before || before.active !== after.active) this.turns.push({ state: after.state, run: after.run, atMs });
  }

  /** A fail-over left the record as `to`: what came after it has not happened. */
  rollBack(to: JobRecord | undefined): void {
    this.last = to;
    const epoch = to?.epoch ?? -1;
    this.rolledBackClaims.push(...this.claims.filter((one) => one.epoch > epoch));
    this.claims = this.claims.filter((one) => one.epoch <= epoch);
    this.commits = this.commits.filter(
      (one) => one.epoch < epoch || (one.epoch === epoch && to?.results.some(({ claim }) => claim === one.claim)),
    );
    // A write that is repeated after the fail-over brings the same token again.
    this.tokens.clear();
    if (to?.pub?.by !== undefined) this.tokens.add(to.pub.by);
  }

  /** True when the record is as the last change left it, or nothing is known of it yet. */
  isContinuedBy(before: JobRecord | undefined): boolean {
    return this.last === undefined || sameValue(this.last, before);
  }
}
