import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { cronerCalendar } from '../../shared/cron/croner-calendar.ts';
import { stageLabels } from '../../shared/domain/cluster-sample.ts';
import { mergedRules } from '../../shared/domain/retention/retention-rule.ts';
import { BatchRunner } from '../../shared/jobs/batches/batch-runner.ts';
import { ClusterSampler } from '../../shared/jobs/cluster-sampler.ts';
import { type DueKind, DueWaker } from '../../shared/jobs/due-waker.ts';
import { EtaKeeper } from '../../shared/jobs/eta-keeper.ts';
import { letterFigures } from '../../shared/jobs/letter-figures.ts';
import { OffPeakPlanner } from '../../shared/jobs/off-peak/off-peak-planner.ts';
import { DueRelay } from '../../shared/jobs/relay-due.ts';
import { JobReplayer } from '../../shared/jobs/replay-job.ts';
import { Ringer } from '../../shared/jobs/ringer.ts';
import { CallbackSender } from '../../shared/jobs/send-callbacks.ts';
import { JobSubmitter } from '../../shared/jobs/submit-job.ts';
import { TenantQuota } from '../../shared/jobs/tenant-quota.ts';
import { connectMongo } from '../../shared/mongo/connect.ts';
import { MongoBatchRules } from '../../shared/mongo/mongo-batch-rules.ts';
import { MongoBatchRuns } from '../../shared/mongo/mongo-batch-runs.ts';
import { MongoCalendarWindows } from '../../shared/mongo/mongo-calendar-windows.ts';
import { MongoControls } from '../../shared/mongo/mongo-controls.ts';
import { MongoDeadLetters } from '../../shared/mongo/mongo-dead-letters.ts';
import { MongoDeliveryStore } from '../../shared/mongo/mongo-delivery-store.ts';
import { MongoEndedJobs } from '../../shared/mongo/mongo-ended-jobs.ts';
import { MongoFsckRuns } from '../../shared/mongo/mongo-fsck-runs.ts';
import { MongoJobFigures } from '../../shared/mongo/mongo-job-figures.ts';
import { MongoJobRemover } from '../../shared/mongo/mongo-job-remover.ts';
import { MongoJobSearch } from '../../shared/mongo/mongo-job-search.ts';
import { MongoJobStore } from '../../shared/mongo/mongo-job-store.ts';
import { MongoLeaseStore } from '../../shared/mongo/mongo-lease-store.ts';
import { MongoLetterGroups } from '../../shared/mongo/mongo-letter-groups.ts';
import { MongoLimitPlaces } from '../../shared/mongo/mongo-limit-places.ts';
import { MongoOffPeakJobs } from '../../shared/mongo/mongo-off-peak-jobs.ts';
import { MongoOutputStore } from '../../shared/mongo/mongo-output-store.ts';
import { MongoPostponedJobs } from '../../shared/mongo/mongo-postponed-jobs.ts';
import { MongoQueueFigures } from '../../shared/mongo/mongo-queue-figures.ts';
import { MongoReleaseLines } from '../../shared/mongo/mongo-release-lines.ts';
import { MongoReplayOperations } from '../../shared/mongo/mongo-replay-operations.ts';
import { MongoRerunRules } from '../../shared/mongo/mongo-rerun-rules.ts';
import { MongoRetentionStore } from '../../shared/mongo/mongo-retention-store.ts';
import { MongoScheduleStore } from '../../shared/mongo/mongo-schedule-store.ts';
import { mongoServices } from '../../shared/mongo/mongo-services.ts';
import { MongoSigningKeys } from '../../shared/mongo/mongo-signing-keys.ts';
import { MongoStageStatistics } from '../../shared/mongo/mongo-stage-statistics.ts';
import { MongoTenantBacklog } from '../../shared/mongo/mongo-tenant-backlog.ts';
import { MongoWaitingTurns } from '../../shared/mongo/mongo-waiting-turns.ts';
import { MongoWakes } from '../../shared/mongo/mongo-wakes.ts';
import { MongoWorkerReports } from '../../shared/mongo/mongo-worker-reports.ts';
import { createRabbitMessageBus } from '../../shared/rabbit/rabbit-message-bus.ts';
import { addBusMetrics } from '../../shared/runtime/bus-metrics.ts';
import { addCallbackMetrics } from '../../shared/runtime/callback-metrics.ts';
import { callbackSettings } from '../../shared/runtime/callback-settings.ts';
import { addClusterMetrics } from '../../shared/runtime/cluster-metrics.ts';
import { configOrExit } from '../../shared/runtime/config.ts';
import { eventLoopCheck, Health } from '../../shared/runtime/health.ts';
import { HealthServer } from '../../shared/runtime/health-server.ts';
import { failpointsOrExit } from '../../shared/runtime/http-failpoints.ts';
import { jobTypesOrExit } from '../../shared/runtime/job-type-modules.ts';
import { runProcess } from '../../shared/runtime/lifecycle.ts';
import { createLogger } from '../../shared/runtime/logging.ts';
import { ProcessMetrics } from '../../shared/runtime/metrics.ts';
import { PinnedHttp } from '../../shared/runtime/outgoing/pinned-http.ts';
import { UrlPolicy, urlPolicySettings } from '../../shared/runtime/outgoing/url-policy.ts';
import { outsideSetUp, outsideSites } from '../../shared/runtime/outside-settings.ts';
import { configuredKeys } from '../../shared/runtime/signing-keys.ts';
import { systemClock as clock } from '../../shared/runtime/system-clock.ts';
import { addTaskMetrics } from '../../shared/runtime/task-metrics.ts';
import { WebhookSigner } from '../../shared/runtime/webhook-signer.ts';
import { fingerprint } from '../../shared/schema/fingerprint.ts';
import { JobTypeChecks } from '../../shared/schema/job-type-checks.ts';
import { scheduleOf } from './schedule.ts';
import { ScheduleRunner } from './schedule-runner.ts';
import type { SchedulerDeps } from './scheduler-deps.ts';
import { shippedRuns } from './shipped-runs.ts';
import { dutyOfDues } from './tasks/relay-dues.ts';
import { UserSchedules } from './tasks/user-schedules.ts';

const service = 'scheduler';
const config = configOrExit('scheduler', process.env, process.argv.slice(2));
const logger = createLogger({ service, level: config.logLevel });
const { pipelines, userTypes } = await jobTypesOrExit(config);

const mongo = await connectMongo({ url: config.mongodbUrl, appName: service, logger });
const store = new MongoJobStore(mongo, { clock });
const outputs = new MongoOutputStore(mongo, { clock, uploadTtlHours: config.uploadTtlHours });
const leases = new MongoLeaseStore(mongo.db);
const fsckRuns = new MongoFsckRuns(mongo);
const replays = new MongoReplayOperations(mongo);
const deadLetters = new MongoDeadLetters(mongo);
const letterGroups = new MongoLetterGroups(mongo);
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
const failpoints = failpointsOrExit(process.env, { service, logger });
const relay = new DueRelay({ store, bus, clock, pipelines, logger, ...failpoints });
const ringer = new Ringer({ store, bus, clock, pipelines, logger });
const turns = { places: new MongoLimitPlaces(mongo), waiting: new MongoWaitingTurns(mongo), ringer };
const replayer = new JobReplayer({ store, bus, clock, pipelines, logger });
const signingText = config.signingKeys ?? config.signingKeysFile;
const signer = new WebhookSigner(signingText === undefined ? new MongoSigningKeys(mongo) : configuredKeys(signingText));
const deliveries = new MongoDeliveryStore(mongo, { clock });
const http = new PinnedHttp({ policy: new UrlPolicy(urlPolicySettings(config)), timeoutMs: config.callbackTimeoutMs });
const callbacks = new CallbackSender({ deliveries, store, http, signer, clock, logger, settings: callbackSettings(config) });
const owner = `${service}@${hostname()}:${process.pid}:${randomUUID().slice(0, 8)}`;
const control = { controls: new MongoControls(mongo), postponed: new MongoPostponedJobs(mongo), workers: new MongoWorkerReports(mongo) };
const types = new JobTypeChecks(userTypes, outsideSetUp(config));
const { maxWaitingJobsPerTenant: maxWaiting } = config;
const tenantBacklog = maxWaiting > 0 ? new MongoTenantBacklog(mongo) : undefined;
const quota = tenantBacklog && new TenantQuota({ backlog: tenantBacklog, clock, maxWaiting });
const figures = new MongoQueueFigures(mongo);
const statistics = new MongoStageStatistics(mongo);
// Asks the store only where a schedule makes off-peak jobs with deadlines.
const durations = new EtaKeeper({ figures, store, statistics, pipelines, clock, logger });
const lines = new MongoReleaseLines(mongo);
const offPeak = new OffPeakPlanner({ controls: control.controls, lines, calendar: cronerCalendar, pipelines, clock, durations });
const submitter = new JobSubmitter({ store, bus, clock, pipelines, logger, offPeak, ...(quota && { quota }), ...failpoints });
const retention = new MongoRetentionStore(mongo);
const retentionRules = async () => mergedRules(config.retentionRules, await retention.rules());
const runs = new MongoBatchRuns(mongo);
const runner = new BatchRunner({
  ...{ runs, store, outputs, replayer, submitter, types, leases, owner, clock, logger, fingerprint },
  searcher: new MongoJobSearch(mongo),
  shipped: shippedRuns({
    ...{ store, outputs, replayer, pipelines, clock, logger, fingerprint, retention, retentionRules },
    ended: new MongoEndedJobs(mongo),
    figures,
    statistics,
    nightlyMaxRuns: config.rerunFailedMaxRuns + 1,
  }),
});
const dues = dutyOfDues({ leases, clock, owner });
const batches = { rules: new MongoBatchRules(mongo), runs, runner, calendar: cronerCalendar, fingerprint, retentionRules };
const deps: SchedulerDeps = {
  remover: new MongoJobRemover(mongo),
  ...{
    store,
    outputs,
    leases,
    fsckRuns,
    replays,
    deadLetters,
    letterGroups,
    control,
    deliveries,
    callbacks,
    bus,
    clock,
    logger,
    pipelines,
  },
  ...{ relay, dues, replayer, owner, sites: outsideSites(config), turns, batches, rerunRules: new MongoRerunRules(mongo) },
  windows: { windows: new MongoCalendarWindows(mongo), calendar: cronerCalendar },
  offPeak: { lines, offPeakJobs: new MongoOffPeakJobs(mongo), planner: offPeak },
  ...failpoints,
};
const schedule = new ScheduleRunner(deps, scheduleOf(config));
const userSchedules = new UserSchedules({
  schedules: new MongoScheduleStore(mongo, logger),
  store,
  outputs,
  submitter,
  types,
  calendar: cronerCalendar,
  fingerprint,
  clock,
  logger,
});
const servedBy: Record<DueKind, string> = { bell: 'relay', deadline: 'expire-overdue' };
const wakes = new MongoWakes(mongo);
const watch = (woken: () => void) => wakes.listen('dues', woken, logger);
const waker = new DueWaker({ store, watch, clock, logger, serve: (kind) => schedule.runNow(servedBy[kind]) });
const letters = () => letterFigures({ letterGroups, deadLetters, clock });
const sampler = new ClusterSampler({ figures: new MongoJobFigures(mongo), fsckRuns, pipelines, clock, logger, letters });
const metrics = new ProcessMetrics(service).addRuntime();
addBusMetrics(metrics, bus);
addClusterMetrics(metrics, sampler, stageLabels(pipelines));
addTaskMetrics(metrics, schedule);
addCallbackMetrics(metrics, callbacks);
const health = new Health([
  { name: 'mongodb', run: () => mongo.ping() },
  { name: 'rabbitmq', run: () => (bus.canPublish() ? undefined : 'cannot publish now'), isRequired: false },
  eventLoopCheck(),
]);

await runProcess({
  name: service,
  logger,
  shutdownTimeoutMs: config.shutdownTimeoutMs,
  health,
  services: [
    new HealthServer({ health, host: config.healthHost, port: config.healthPort, allowedHosts: config.allowedHosts, logger, metrics }),
    ...mongoServices(mongo),
    sampler,
    bus,
    ...(tenantBacklog ? [tenantBacklog] : []),
    {
      name: 'ringers',
      start: async () => undefined,
      stop: async () => {
        await runner.stop();
        await Promise.all([relay.stop(), ringer.stop(), replayer.stop(), submitter.stop(), callbacks.stop(), durations.stop()]);
      },
    },
    schedule,
    userSchedules,
    waker,
  ],
});
