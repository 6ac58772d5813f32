import type { Pipelines } from '../../shared/domain/pipeline.ts';
import type { EtaKeeper } from '../../shared/jobs/eta-keeper.ts';
import type { JobReplayer } from '../../shared/jobs/replay-job.ts';
import type { JobSubmitter } from '../../shared/jobs/submit-job.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { FsckRuns } from '../../shared/ports/fsck-runs.ts';
import type { JobRemover } from '../../shared/ports/job-remover.ts';
import type { JobSearcher } from '../../shared/ports/job-searcher.ts';
import type { JobStore } from '../../shared/ports/job-store.ts';
import type { Logger } from '../../shared/ports/logger.ts';
import type { MessageBus } from '../../shared/ports/message-bus.ts';
import type { MetricsSource, RequestMeter } from '../../shared/ports/metrics.ts';
import type { OutputStore } from '../../shared/ports/output-store.ts';
import type { BaseAppOptions } from './base-app.ts';
import type { JobTypeChecks } from './job-types.ts';
import type { JobWaiters } from './job-waiters.ts';
import type { BodyLimits } from './json-body.ts';
import type { StoreGuard } from './store-guard.ts';

/** Report of a health endpoint; `ok` decides between 200 and 503. */
export interface HealthAnswer {
  readonly ok: boolean;
}

/** What the process says about itself (shared/runtime/health.ts). */
export interface HealthView {
  live(): HealthAnswer;
  startup(): HealthAnswer;
  ready(): Promise<HealthAnswer>;
}

export interface GatewayLimits extends BodyLimits {
  readonly maxUploadBytes: number;
  /** Uploads received at the same time. */
  readonly maxOpenUploads: number;
  /** Jobs in one batch of NDJSON. Default 1,000,000. */
  readonly maxBatchJobs?: number;
}

/** Everything that the HTTP apps work with. */
export interface GatewayDeps {
  readonly store: JobStore;
  readonly search: JobSearcher;
  readonly remover: JobRemover;
  readonly outputs: OutputStore;
  readonly fsckRuns: FsckRuns;
  readonly bus: Pick<MessageBus, 'queueOf' | 'queueDepths' | 'deadLetterDepth' | 'canPublish'>;
  readonly submitter: Pick<JobSubmitter, 'submit' | 'submitMany'>;
  readonly replayer: Pick<JobReplayer, 'replay'>;
  readonly pipelines: Pipelines;
  readonly types: JobTypeChecks;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly health: HealthView;
  readonly guard: StoreGuard;
  readonly eta: Pick<EtaKeeper, 'outlookOf' | 'figures'>;
  readonly waiters: Pick<JobWaiters, 'wait'>;
  readonly limits: GatewayLimits;
  readonly metrics: MetricsSource;
  readonly meter: RequestMeter;
}

/** The one tenant there is until keys exist. */
export const TENANT = 'default';

/** What an app is told beside its routes. @param listener `api` or `admin`, in metrics. */
export function appOptions({ logger, clock, meter }: GatewayDeps, listener: string): BaseAppOptions {
  return { logger, measure: { listener, clock, meter } };
}
