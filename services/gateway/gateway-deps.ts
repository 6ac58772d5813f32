import type { Pipelines } from '../../shared/domain/pipeline.ts';
import type { RetentionRule } from '../../shared/domain/retention/retention-rule.ts';
import type { EtaKeeper } from '../../shared/jobs/eta-keeper.ts';
import type { OutsideSites } from '../../shared/jobs/outside/outside-sites.ts';
import type { JobReplayer } from '../../shared/jobs/replay-job.ts';
import type { ScheduleDeps } from '../../shared/jobs/schedules/schedule-deps.ts';
import type { JobSubmitter } from '../../shared/jobs/submit-job.ts';
import type { AuditLog } from '../../shared/ports/audit-log.ts';
import type { BatchRules } from '../../shared/ports/batch-rules.ts';
import type { BatchRuns } from '../../shared/ports/batch-runs.ts';
import type { Breakers } from '../../shared/ports/breakers.ts';
import type { CalendarWindows } from '../../shared/ports/calendar-windows.ts';
import type { CallbackSigner } from '../../shared/ports/callback-signer.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { Controls } from '../../shared/ports/controls.ts';
import type { DeadLetters } from '../../shared/ports/dead-letters.ts';
import type { DeliveryStore } from '../../shared/ports/delivery-store.ts';
import type { FsckRuns } from '../../shared/ports/fsck-runs.ts';
import type { JobEdits } from '../../shared/ports/job-edits.ts';
import type { JobRemover } from '../../shared/ports/job-remover.ts';
import type { JobSearcher } from '../../shared/ports/job-searcher.ts';
import type { JobStore } from '../../shared/ports/job-store.ts';
import type { LetterGroups } from '../../shared/ports/letter-groups.ts';
import type { Logger } from '../../shared/ports/logger.ts';
import type { MessageBus } from '../../shared/ports/message-bus.ts';
import type { MetricsSource, RequestMeter } from '../../shared/ports/metrics.ts';
import type { OffPeakJobs } from '../../shared/ports/off-peak-jobs.ts';
import type { UrlRules } from '../../shared/ports/outgoing-http.ts';
import type { OutputStore } from '../../shared/ports/output-store.ts';
import type { ReplayOperations } from '../../shared/ports/replay-operations.ts';
import type { RerunRules } from '../../shared/ports/rerun-rules.ts';
import type { RetentionStore } from '../../shared/ports/retention-store.ts';
import type { VersionUses } from '../../shared/ports/version-uses.ts';
import type { WorkerReports } from '../../shared/ports/worker-reports.ts';
import type { JobTypeChecks } from '../../shared/schema/job-type-checks.ts';
import type { AccessControl } from './access/access-control.ts';
import type { ApiKeyDesk } from './access/api-key-desk.ts';
import type { BaseAppOptions } from './base-app.ts';
import type { GatewayBounds } from './bounds/gateway-bounds.ts';
import type { JobWaiters } from './job-waiters.ts';
import type { BodyLimits } from './json-body.ts';
import type { OutputLinks } from './links/output-links.ts';
import type { Live } from './live/live.ts';
import { admitted, type RequestLimiter } from './middleware/admitted.ts';
import type { Audit } from './middleware/audited.ts';
import type { HeadLimits } from './middleware/valid-request.ts';
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

export interface GatewayLimits extends BodyLimits, HeadLimits {
  readonly maxUploadBytes: number;
  /** Origins, beside the gateway's own, whose pages may open a WebSocket; lower case. */
  readonly websocketOrigins?: readonly string[];
  /** Origins whose pages may use the API, and open a WebSocket; lower case. */
  readonly corsOrigins?: readonly string[];
  /** Names, beside those of loopback, that a Host header may have; lower case. Absent: any. */
  readonly allowedHosts?: readonly string[];
  /** Whether each request is logged. Default no. */
  readonly accessLog?: 'no' | 'yes';
  /** Jobs in one batch of NDJSON. Default 1,000,000. */
  readonly maxBatchJobs?: number;
}

/** Everything that the HTTP apps work with. */
export interface GatewayDeps {
  readonly store: JobStore;
  readonly search: JobSearcher;
  readonly remover: JobRemover;
  readonly outputs: OutputStore;
  readonly links: OutputLinks;
  readonly deliveries: Pick<DeliveryStore, 'ofJob' | 'removeOf'>;
  readonly callbackUrls: UrlRules;
  readonly callbackSigner: Pick<CallbackSigner, 'secretsOf'>;
  readonly fsckRuns: FsckRuns;
  readonly deadLetters: DeadLetters;
  readonly letterGroups: LetterGroups;
  readonly edits: JobEdits;
  readonly versionUses: VersionUses;
  readonly replays: ReplayOperations;
  readonly rerunRules: RerunRules;
  readonly batches: { readonly rules: BatchRules; readonly runs: BatchRuns };
  readonly retention: { readonly store: RetentionStore; readonly configured: readonly RetentionRule[] };
  readonly controls: Controls;
  readonly breakers: Breakers;
  /** Hosts that jobs need. */
  readonly outside: OutsideSites;
  readonly windows: CalendarWindows;
  readonly offPeakJobs: OffPeakJobs;
  readonly workers: Pick<WorkerReports, 'list'>;
  readonly access: AccessControl;
  readonly limiter?: RequestLimiter;
  readonly audit?: Audit;
  readonly apiKeys: ApiKeyDesk;
  readonly auditLog: Pick<AuditLog, 'list'>;
  readonly bus: Pick<MessageBus, 'queueOf' | 'queueDepths' | 'deadLetterDepth' | 'canPublish'>;
  readonly submitter: Pick<JobSubmitter, 'submit' | 'submitMany'>;
  readonly replayer: Pick<JobReplayer, 'replay'>;
  readonly pipelines: Pipelines;
  readonly types: JobTypeChecks;
  readonly schedules: ScheduleDeps;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly health: HealthView;
  readonly guard: StoreGuard;
  readonly live: Live;
  readonly eta: Pick<EtaKeeper, 'drainPerSecond' | 'outlookOf' | 'figures' | 'p90Of'>;
  readonly waiters: Pick<JobWaiters, 'wait'>;
  readonly limits: GatewayLimits;
  readonly bounds: GatewayBounds;
  readonly metrics: MetricsSource;
  readonly meter: RequestMeter;
}

/** What an app is told beside its routes. @param listener `api` or `admin`, in metrics. */
export function appOptions(deps: GatewayDeps, listener: 'api' | 'admin'): BaseAppOptions {
  const { logger, clock, meter, access, limiter, audit, limits, bounds } = deps;
  const { corsOrigins = [] } = listener === 'api' ? limits : {};
  return {
    logger,
    measure: { listener, clock, meter },
    // Operators are not limited: they are needed most when there is too much.
    admission: admitted(listener === 'api' ? { access, limiter, flights: bounds.flights } : { access }),
    addresses: bounds.addresses,
    headLimits: limits,
    hasAccessLog: limits.accessLog === 'yes',
    corsOrigins,
    ...(limits.allowedHosts && { allowedHosts: limits.allowedHosts }),
    ...(audit && { audit }),
  };
}
