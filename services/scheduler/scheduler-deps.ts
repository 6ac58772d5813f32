import type { Pipelines } from '../../shared/domain/pipeline.ts';
import type { DueRelay } from '../../shared/jobs/relay-due.ts';
import type { JobReplayer } from '../../shared/jobs/replay-job.ts';
import type { CallbackSender } from '../../shared/jobs/send-callbacks.ts';
import type { WakePostponedDeps } from '../../shared/jobs/wake-postponed.ts';
import type { PlanWindowsDeps } from '../../shared/jobs/windows/plan-windows.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { Controls } from '../../shared/ports/controls.ts';
import type { DeadLetters } from '../../shared/ports/dead-letters.ts';
import type { DeliveryStore } from '../../shared/ports/delivery-store.ts';
import type { Failpoints } from '../../shared/ports/failpoints.ts';
import type { FsckRuns } from '../../shared/ports/fsck-runs.ts';
import type { JobStore } from '../../shared/ports/job-store.ts';
import type { LeaseStore } from '../../shared/ports/lease-store.ts';
import type { Logger } from '../../shared/ports/logger.ts';
import type { MessageBus } from '../../shared/ports/message-bus.ts';
import type { OutputStore } from '../../shared/ports/output-store.ts';
import type { ReplayOperations } from '../../shared/ports/replay-operations.ts';
import type { WorkerReports } from '../../shared/ports/worker-reports.ts';

/** What the scheduler's tasks work with. */
export interface SchedulerDeps {
  readonly store: JobStore;
  readonly outputs: OutputStore;
  readonly leases: LeaseStore;
  /** Absent where nobody plans replays (simulation). */
  readonly replays?: ReplayOperations;
  readonly deadLetters?: DeadLetters;
  readonly bus: MessageBus;
  readonly deliveries?: DeliveryStore;
  readonly callbacks?: CallbackSender;
  /** Absent where nobody asks for fsck (simulation). */
  readonly fsckRuns?: FsckRuns;
  /** What operators have set; absent where nobody sets anything (simulation). */
  readonly control?: Pick<WakePostponedDeps, 'postponed'> & { readonly controls: Controls; readonly workers: Pick<WorkerReports, 'list'> };
  /** Absent where nobody makes windows (simulation). */
  readonly windows?: Pick<PlanWindowsDeps, 'windows' | 'calendar'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly pipelines: Pipelines;
  readonly relay: DueRelay;
  readonly replayer: JobReplayer;
  /** Names this process in leases and logs. */
  readonly owner: string;
  readonly failpoints?: Failpoints;
}
