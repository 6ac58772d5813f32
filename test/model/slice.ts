import type { Protocol } from './protocol.ts';

/** What a slice of the model contains. Everything absent does not happen in it. */
export interface Features {
  readonly jobs: 1 | 2;
  readonly stages: 1 | 2;
  readonly workers: 1 | 2;
  /** Bells that a worker holds at once. */
  readonly slots: 1 | 2;
  /** The job is submitted for later. */
  readonly scheduled?: true;
  /** A job that was submitted for later is planned again, for now or for later. */
  readonly replans?: true;
  /** A delivered message is delivered again: duplicate, lost acknowledgement, closed channel. */
  readonly duplicates?: true;
  /** Bells older than the durable record are followed to their end. */
  readonly staleBells?: true;
  /** The broker may lose what it has confirmed. */
  readonly lossy?: true;
  /** The audit of lost bells runs. */
  readonly audit?: true;
  readonly crashes?: true;
  /** A write may be applied and reported as failed, or not be applied. */
  readonly unknown?: true;
  /** Writes are durable later, or a fail-over takes them back. */
  readonly failover?: true;
  readonly retry?: true;
  readonly reject?: true;
  /** Shutdown, or a holder that fences itself. */
  readonly release?: true;
  readonly cancel?: true;
  readonly deadline?: true;
  /** Somebody asks for a replay; `beginning`: from the first stage too. */
  readonly replay?: true | 'beginning';
  /** A replay of a dead letter that nobody has claimed is taken back. */
  readonly undo?: true;
  /** Retention removes the payload of an ended job. */
  readonly retention?: true;
  /** Bells behind a long run are parked, and that run's bell is acknowledged early. */
  readonly longRuns?: true;
  /** Dead letters are published, walked, moved and lost. */
  readonly deadLetters?: true;
  /** Terminal events are published. */
  readonly events?: true;
  /** Those of the last stage's commits are owed by notes. */
  readonly notes?: true;
  /** Bells of equal stage and generation share a claim, and what they end a commit. */
  readonly batch?: true;
  /** Leases end only when their holder is gone: no zombies. */
  readonly keepsLeases?: true;
  /** The first job kills its worker whenever its handler runs; the others never do. */
  readonly poison?: true;
  /** Between the claim of a job that has to wait for the quarantine and its release no worker dies. */
  readonly promptRelease?: true;
  /** The jobs' first bells are in one message. */
  readonly multiBell?: true;
  /** First deliveries run their handler before the claim: one write claims and commits. */
  readonly fused?: true;
  /** An operator has set a limit: one job at once. `changes`: to two, and takes it away, and sets it again. */
  readonly limit?: true | 'changes';
  /** Another job is worked elsewhere under the limit: takes a place, gives it back, dies with it, is away. */
  readonly stranger?: true;
  /** Rings wait in their process and are marked together. */
  readonly gatheredMarks?: true;
}

/** One explored part of the whole. */
export interface Slice {
  readonly name: string;
  readonly about: string;
  readonly features: Features;
  /** Run in npm test too, not only in test:model. */
  readonly isQuick: boolean;
  readonly protocol?: Partial<Protocol>;
}
