import { cronerCalendar } from '../../shared/cron/croner-calendar.ts';
import type { Bound } from '../../shared/domain/bounds.ts';
import { BacklogGate } from '../../shared/jobs/backlog-gate.ts';
import { EtaKeeper } from '../../shared/jobs/eta-keeper.ts';
import { OffPeakPlanner } from '../../shared/jobs/off-peak/off-peak-planner.ts';
import { JobReplayer } from '../../shared/jobs/replay-job.ts';
import { JobSubmitter } from '../../shared/jobs/submit-job.ts';
import { TenantQuota } from '../../shared/jobs/tenant-quota.ts';
import { TenantShares } from '../../shared/jobs/tenant-shares.ts';
import { connectMongo } from '../../shared/mongo/connect.ts';
import { MongoApiKeys } from '../../shared/mongo/mongo-api-keys.ts';
import { MongoAuditLog } from '../../shared/mongo/mongo-audit-log.ts';
import { MongoBatchRules } from '../../shared/mongo/mongo-batch-rules.ts';
import { MongoBatchRuns } from '../../shared/mongo/mongo-batch-runs.ts';
import { MongoBreakers } from '../../shared/mongo/mongo-breakers.ts';
import { MongoCalendarWindows } from '../../shared/mongo/mongo-calendar-windows.ts';
import { MongoControls } from '../../shared/mongo/mongo-controls.ts';
import { MongoDeadLetters } from '../../shared/mongo/mongo-dead-letters.ts';
import { MongoDeliveryStore } from '../../shared/mongo/mongo-delivery-store.ts';
import { MongoFsckRuns } from '../../shared/mongo/mongo-fsck-runs.ts';
import { MongoJobChanges } from '../../shared/mongo/mongo-job-changes.ts';
import { MongoJobEdits } from '../../shared/mongo/mongo-job-edits.ts';
import { MongoJobRemover } from '../../shared/mongo/mongo-job-remover.ts';
import { MongoJobSearch } from '../../shared/mongo/mongo-job-search.ts';
import { MongoJobStore } from '../../shared/mongo/mongo-job-store.ts';
import { MongoLetterGroups } from '../../shared/mongo/mongo-letter-groups.ts';
import { MongoOffPeakJobs } from '../../shared/mongo/mongo-off-peak-jobs.ts';
import { MongoOutputStore } from '../../shared/mongo/mongo-output-store.ts';
import { MongoOverflowJobs } from '../../shared/mongo/mongo-overflow-jobs.ts';
import { MongoQueueFigures } from '../../shared/mongo/mongo-queue-figures.ts';
import { MongoRateBuckets } from '../../shared/mongo/mongo-rate-buckets.ts';
import { MongoReleaseLines } from '../../shared/mongo/mongo-release-lines.ts';
import { MongoReplayOperations } from '../../shared/mongo/mongo-replay-operations.ts';
import { MongoRerunRules } from '../../shared/mongo/mongo-rerun-rules.ts';
import { MongoRetentionStore } from '../../shared/mongo/mongo-retention-store.ts';
import { MongoScheduleStore } from '../../shared/mongo/mongo-schedule-store.ts';
import { mongoServices } from '../../shared/mongo/mongo-services.ts';
import { MongoSigningKeys } from '../../shared/mongo/mongo-signing-keys.ts';
import { MongoStageStatistics } from '../../shared/mongo/mongo-stage-statistics.ts';
import { MongoTenantBacklog } from '../../shared/mongo/mongo-tenant-backlog.ts';
import { MongoVersionUses } from '../../shared/mongo/mongo-version-uses.ts';
import { MongoWorkerReports } from '../../shared/mongo/mongo-worker-reports.ts';
import { createRabbitMessageBus } from '../../shared/rabbit/rabbit-message-bus.ts';
import { addBoundMetrics } from '../../shared/runtime/bound-metrics.ts';
import { addBusMetrics } from '../../shared/runtime/bus-metrics.ts';
import { configOrExit } from '../../shared/runtime/config.ts';
import { addEtaMetrics } from '../../shared/runtime/eta-metrics.ts';
import { addGatewayMetrics } from '../../shared/runtime/gateway-metrics.ts';
import { eventLoopCheck, Health } from '../../shared/runtime/health.ts';
import { HealthServer } from '../../shared/runtime/health-server.ts';
import { failpointsOrExit } from '../../shared/runtime/http-failpoints.ts';
import { httpMeter } from '../../shared/runtime/http-metrics.ts';
import { jobTypesOrExit } from '../../shared/runtime/job-type-modules.ts';
import { runProcess } from '../../shared/runtime/lifecycle.ts';
import { createLogger } from '../../shared/runtime/logging.ts';
import { ProcessMetrics } from '../../shared/runtime/metrics.ts';
import { UrlPolicy, urlPolicySettings } from '../../shared/runtime/outgoing/url-policy.ts';
import { outsideSetUp, outsideSites } from '../../shared/runtime/outside-settings.ts';
import { release } from '../../shared/runtime/release.ts';
import { configuredKeys } from '../../shared/runtime/signing-keys.ts';
import { systemClock as clock } from '../../shared/runtime/system-clock.ts';
import { TrustedProxies } from '../../shared/runtime/trusted-proxies.ts';
import { WebhookSigner } from '../../shared/runtime/webhook-signer.ts';
import { fingerprint } from '../../shared/schema/fingerprint.ts';
import { JobTypeChecks } from '../../shared/schema/job-type-checks.ts';
import { AuditWriter } from './access/audit-writer.ts';
import { gatewayAccess } from './access/gateway-access.ts';
import { RateLimiter } from './access/rate-limiter.ts';
import { createAdminApp } from './admin-app.ts';
import { createApp } from './app.ts';
import { ConnectionCaps } from './bounds/connection-caps.ts';
import { GatewayBounds } from './bounds/gateway-bounds.ts';
import { concurrencyBounds, connectionBounds, requestBounds } from './bounds/metered-bounds.ts';
import type { GatewayDeps } from './gateway-deps.ts';
import { HttpServer } from './http-server.ts';
import { JobWaiters } from './job-waiters.ts';
import { OutputLinks } from './links/output-links.ts';
import { Live } from './live/live.ts';
import { StoreGuard } from './store-guard.ts';

const service = 'gateway';
const config = configOrExit('gateway', process.env, process.argv.slice(2));
const logger = createLogger({ service, level: config.logLevel });
const { userTypes, pipelines } = await jobTypesOrExit(config);

const mongo = await connectMongo({ url: config.mongodbUrl, appName: service, logger });
const store = new MongoJobStore(mongo, { clock });
const outputs = new MongoOutputStore(mongo, { clock, uploadTtlHours: config.uploadTtlHours });
const bus = createRabbitMessageBus({
  urls: config.rabbitmqUrl,
  managementUrl: config.rabbitmqManagementUrl,
  mode: config.topology,
  stageNames: pipelines.stageNames(),
  service,
  logger,
  clock,
  publishInFlightMax: config.publishInFlightMax,
});
const gate = new BacklogGate(store, clock, config.maxWaitingJobs);
const tenantBacklog = config.maxWaitingJobsPerTenant > 0 ? new MongoTenantBacklog(mongo) : undefined;
const quota = tenantBacklog && new TenantQuota({ backlog: tenantBacklog, clock, maxWaiting: config.maxWaitingJobsPerTenant });
const { tenantLaneShare: share, auth } = config;
// Without keys there is one tenant.
const shares =
  share > 0 && auth === 'keys' ? new TenantShares({ overflow: new MongoOverflowJobs(mongo), clock, logger, share }) : undefined;
const failpoints = failpointsOrExit(process.env, { service, logger });
const metrics = new ProcessMetrics(service).addRuntime();
const inserts = metrics.histogram('jobline_insert_batch_jobs').with({});
const onInsert = (jobs: number) => inserts.observe(jobs);
const statistics = new MongoStageStatistics(mongo);
const eta = new EtaKeeper({ figures: new MongoQueueFigures(mongo), store, statistics, pipelines, clock, logger });
const controls = new MongoControls(mongo);
const lines = new MongoReleaseLines(mongo);
const offPeak = new OffPeakPlanner({ controls, lines, calendar: cronerCalendar, pipelines, clock, durations: eta });
const optional = { ...(quota && { quota }), ...(shares && { shares }) };
const submitter = new JobSubmitter({ store, bus, clock, pipelines, logger, gate, offPeak, onInsert, ...optional, ...failpoints });
const replayer = new JobReplayer({ store, bus, clock, pipelines, logger });
const guard = new StoreGuard({ clock, logger, probe: () => store.serverTime() });
const addresses = new TrustedProxies(config);
const bounds = new GatewayBounds(config, addresses);
const meter = httpMeter(metrics);
const waiters = new JobWaiters({
  store,
  clock,
  logger,
  most: config.maxHeldRequests,
  mostPerClient: config.maxHeldRequestsPerClient,
  onRefused: (bound) => meter.noteRefused('api', bound),
});
// RabbitMQ is not required: accepted jobs are safe in the store and are rung once it is back (docs/decisions.md).
const health = new Health([
  { name: 'mongodb', run: () => mongo.ping() },
  { name: 'rabbitmq', run: () => (bus.canPublish() ? undefined : 'cannot publish now'), isRequired: false },
  eventLoopCheck(),
]);
const keys = new MongoApiKeys(mongo);
const { allowedHosts: _, ...anyHost } = config;
const { keyPepper, keyPepperFile, bootstrapKey } = config;
const access = gatewayAccess({ keys, guard, clock, logger, auth, pepper: keyPepper ?? keyPepperFile, bootstrapKey });
const retainDays = config.auditRetainDays ?? (auth === 'keys' ? 90 : 0);
const auditLog = new MongoAuditLog(mongo, { retainDays });
const audit = retainDays > 0 ? new AuditWriter({ log: auditLog, clock, logger }) : undefined;
const { rateLimitPerSecond: perSecond, rateLimitBurst: burst = perSecond } = config;
const buckets = new MongoRateBuckets(mongo);
const limiter = new RateLimiter({ buckets, guard, clock, ...(perSecond > 0 && { perTenant: { perSecond, burst } }) });
const lag = metrics.histogram('jobline_listener_lag_seconds').with({});
const changes = new MongoJobChanges(mongo, logger);
// Without keys there is one tenant.
const { maxListenersPerTenant: _perTenant, ...anyTenant } = config;
const liveLimits = auth === 'keys' ? config : anyTenant;
const live = new Live({ store, outputs, pipelines, changes, clock, logger, onLag: (ms) => lag.observe(ms / 1_000) }, liveLimits);
const types = new JobTypeChecks(userTypes, outsideSetUp(config));
const schedules = new MongoScheduleStore(mongo, logger);
const signingText = config.signingKeys ?? config.signingKeysFile;
const signingKeys = signingText === undefined ? new MongoSigningKeys(mongo) : configuredKeys(signingText);
const deps: GatewayDeps = {
  access: access.access,
  apiKeys: access.apiKeys,
  auditLog,
  ...(audit && { audit }),
  // A key may have a limit of its own.
  ...((perSecond > 0 || auth === 'keys') && { limiter }),
  store,
  search: new MongoJobSearch(mongo),
  remover: new MongoJobRemover(mongo),
  outputs,
  links: new OutputLinks({ keys: signingKeys, clock, ttlMinutes: config.downloadLinkTtlMinutes }),
  deliveries: new MongoDeliveryStore(mongo, { clock }),
  callbackUrls: new UrlPolicy(urlPolicySettings(config)),
  callbackSigner: new WebhookSigner(signingKeys),
  fsckRuns: new MongoFsckRuns(mongo),
  deadLetters: new MongoDeadLetters(mongo),
  letterGroups: new MongoLetterGroups(mongo),
  edits: new MongoJobEdits(mongo),
  versionUses: new MongoVersionUses(mongo),
  replays: new MongoReplayOperations(mongo),
  rerunRules: new MongoRerunRules(mongo),
  batches: { rules: new MongoBatchRules(mongo), runs: new MongoBatchRuns(mongo) },
  retention: { store: new MongoRetentionStore(mongo), configured: config.retentionRules },
  controls,
  breakers: new MongoBreakers(mongo),
  outside: outsideSites(config),
  windows: new MongoCalendarWindows(mongo),
  offPeakJobs: new MongoOffPeakJobs(mongo),
  workers: new MongoWorkerReports(mongo),
  bus,
  submitter,
  replayer,
  pipelines,
  types,
  schedules: { schedules, store, outputs, submitter, types, calendar: cronerCalendar, fingerprint },
  clock,
  logger,
  health,
  guard,
  live,
  eta,
  waiters,
  // Where nobody is asked for a key, web pages must not get in by a name of theirs that leads here.
  limits: auth === 'none' ? config : anyHost,
  metrics,
  bounds,
  meter,
};
const { shutdownTimeoutMs } = config;
const timeouts = {
  headersMs: config.headersTimeoutMs,
  idleMs: config.idleTimeoutMs,
  requestMs: config.requestTimeoutMs,
  keepAliveMs: config.keepAliveTimeoutMs,
};
const server = { shutdownTimeoutMs, logger, timeouts, maxHeaderBytes: config.maxHeaderBytes };
/** What a listener is told beside its routes. */
const bounded = (name: 'api' | 'admin') => {
  const onRefused = (bound: Bound) => meter.noteRefused(name, bound);
  return { ...server, name, onRefused, connections: new ConnectionCaps({ ...config, addresses, onRefused }) };
};
const [apiBounds, adminBounds] = [bounded('api'), bounded('admin')];
const admin = new HttpServer({
  ...adminBounds,
  handle: createAdminApp(deps, release()).callback(),
  host: config.adminHost,
  port: config.adminPort,
});
const api = new HttpServer({ ...apiBounds, handle: createApp(deps, release()).callback(), host: config.host, port: config.port });
addBusMetrics(metrics, bus);
addGatewayMetrics(metrics, { gate, submitter, guard, live, servers: [api, admin], ...(audit && { audit }) });
addBoundMetrics(metrics, [
  ...connectionBounds('api', apiBounds.connections),
  ...connectionBounds('admin', adminBounds.connections),
  ...concurrencyBounds(bounds, live.clients, waiters),
  ...requestBounds(config),
]);
addEtaMetrics(metrics, eta);

await runProcess({
  name: service,
  logger,
  shutdownTimeoutMs,
  health,
  services: [
    new HealthServer({ health, host: config.healthHost, port: config.healthPort, allowedHosts: config.allowedHosts, logger, metrics }),
    ...mongoServices(mongo),
    bus,
    ...(tenantBacklog ? [tenantBacklog] : []),
    ...access.services,
    ...(audit ? [audit] : []),
    {
      name: 'submissions',
      start: async () => undefined,
      stop: async () => {
        await Promise.all([submitter.stop(), replayer.stop(), guard.stop(), eta.stop(), gate.stop()]);
      },
    },
    live.fanOut,
    admin,
    api,
    // Stopped first: what it holds is answered before the listeners wait for their requests.
    waiters,
    live,
  ],
});
