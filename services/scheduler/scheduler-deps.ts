import type { Pipelines } from '../../shared/domain/pipeline.ts';
import type { RetentionRule } from '../../shared/domain/retention/retention-rule.ts';
import type { BatchTickDeps } from '../../shared/jobs/batches/batch-deps.ts';
import type { BatchRunner } from '../../shared/jobs/batches/batch-runner.ts';
import type { Duty } from '../../shared/jobs/duty.ts';
import type { ReplanDeps } from '../../shared/jobs/off-peak/replan-releases.ts';
import type { OutsideSites } from '../../shared/jobs/outside/outside-sites.ts';
import type { DueRelay } from '../../shared/jobs/relay-due.ts';
import type { JobReplayer } from '../../shared/jobs/replay-job.ts';
import type { CallbackSender } from '../../shared/jobs/send-callbacks.ts';
import type { PassTurnsDeps } from '../../shared/jobs/turns/pass-turns.ts';
import type { WakePostponedDeps } from '../../shared/jobs/wake-postponed.ts';
import type { PlanWindowsDeps } from '../../shared/jobs/windows/plan-windows.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { Controls } from '../../shared/ports/controls.ts';
import type { DeadLetters } from '../../shared/ports/dead-letters.ts';
import type { DeliveryStore } from '../../shared/ports/delivery-store.ts';
import type { Failpoints } from '../../shared/ports/failpoints.ts';
import type { FsckRuns } from '../../shared/ports/fsck-runs.ts';
import type { JobRemover } from '../../shared/ports/job-remover.ts';
import type { JobStore } from '../../shared/ports/job-store.ts';
import type { LeaseStore } from '../../shared/ports/lease-store.ts';
import type { LetterGroups } from '../../shared/ports/letter-groups.ts';
import type { Logger } from '../../shared/ports/logger.ts';
import type { MessageBus } from '../../shared/ports/message-bus.ts';
import type { OutputStore } from '../../shared/ports/output-store.ts';
import type { ReplayOperations } from '../../shared/ports/replay-operations.ts';
import type { RerunRules } from '../../shared/ports/rerun-rules.ts';
import type { WorkerReports } from '../../shared/ports/worker-reports.ts';

/** Batches: rules, their runs, and who carries them out. */
export interface SchedulerBatches extends Omit<BatchTickDeps, 'store'> {
  readonly runner: Pick<BatchRunner, 'takeUp'>;
  /** The rules of retention in force. */
  retentionRules(): Promise<readonly RetentionRule[]>;
}

/** What the scheduler's tasks work with. */
export interface SchedulerDeps {
  readonly store: JobStore;
  readonly outputs: OutputStore;
  readonly leases: LeaseStore;
  /** Absent where nobody plans replays (simulation). */
  readonly replays?: ReplayOperations;
  readonly deadLetters?: DeadLetters;
  /** Absent where nobody marks groups (simulation). */
  readonly letterGroups?: LetterGroups;
  readonly bus: MessageBus;
  readonly deliveries?: DeliveryStore;
  /** Absent where nobody deletes dead letters (simulation). */
  readonly remover?: JobRemover;
  readonly callbacks?: CallbackSender;
  /** Absent where nobody asks for fsck (simulation). */
  readonly fsckRuns?: FsckRuns;
  /** What operators have set; absent where nobody sets anything (simulation). */
  readonly control?: Pick<WakePostponedDeps, 'postponed'> & { readonly controls: Controls; readonly workers: Pick<WorkerReports, 'list'> };
  /** Hosts that jobs need; absent where none do (simulation). */
  readonly sites?: OutsideSites;
  /** Who waits for places of limits; absent where there are none (simulation). */
  readonly turns?: Pick<PassTurnsDeps, 'places' | 'waiting' | 'ringer'>;
  /** Absent where nobody sets any (simulation). */
  readonly rerunRules?: RerunRules;
  /** Absent where nobody asks for batches (simulation). */
  readonly batches?: SchedulerBatches;
  /** Absent where nobody makes windows (simulation). */
  readonly windows?: Pick<PlanWindowsDeps, 'windows' | 'calendar'>;
  /** Absent where nobody makes windows (simulation). */
  readonly offPeak?: Pick<ReplanDeps, 'lines' | 'offPeakJobs' | 'planner'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly pipelines: Pipelines;
  readonly relay: DueRelay;
  /** Whose turn it is to ring what comes due. */
  readonly dues: Duty;
  readonly replayer: JobReplayer;
  /** Names this process in leases and logs. */
  readonly owner: string;
  readonly failpoints?: Failpoints;
}
