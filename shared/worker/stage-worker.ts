import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { SlowGate } from '../jobs/slow-gate.ts';
import { StageEngine } from '../jobs/stage-engine.ts';
import { connectMongo } from '../mongo/connect.ts';
import { MongoBreakers } from '../mongo/mongo-breakers.ts';
import { MongoControls } from '../mongo/mongo-controls.ts';
import { MongoJobStore } from '../mongo/mongo-job-store.ts';
import { MongoLimitPlaces } from '../mongo/mongo-limit-places.ts';
import { MongoOutputStore } from '../mongo/mongo-output-store.ts';
import { MongoRateBuckets } from '../mongo/mongo-rate-buckets.ts';
import { mongoServices } from '../mongo/mongo-services.ts';
import { MongoSigningKeys } from '../mongo/mongo-signing-keys.ts';
import { MongoWaitingTurns } from '../mongo/mongo-waiting-turns.ts';
import { MongoWorkerReports } from '../mongo/mongo-worker-reports.ts';
import type { HandlerSpec } from '../ports/job-type-module.ts';
import type { Logger } from '../ports/logger.ts';
import type { Service } from '../ports/service.ts';
import { createRabbitMessageBus } from '../rabbit/rabbit-message-bus.ts';
import { addBusMetrics } from '../runtime/bus-metrics.ts';
import { type Config, configOrExit, type Environment } from '../runtime/config.ts';
import { eventLoopCheck, Health } from '../runtime/health.ts';
import { HealthServer } from '../runtime/health-server.ts';
import { failpointsOrExit } from '../runtime/http-failpoints.ts';
import { jobTypesOrExit, type LoadedTypes } from '../runtime/job-type-modules.ts';
import { runProcess } from '../runtime/lifecycle.ts';
import { createLogger } from '../runtime/logging.ts';
import { ProcessMetrics } from '../runtime/metrics.ts';
import { PinnedHttp } from '../runtime/outgoing/pinned-http.ts';
import { UrlPolicy } from '../runtime/outgoing/url-policy.ts';
import { outsidePolicy, outsideSites } from '../runtime/outside-settings.ts';
import { release } from '../runtime/release.ts';
import { configuredKeys } from '../runtime/signing-keys.ts';
import { systemClock } from '../runtime/system-clock.ts';
import { WebhookSigner } from '../runtime/webhook-signer.ts';
import { ControlFollower } from './control-follower.ts';
import { type HandlerTable, IsolatedTaskRunner } from './isolated-task-runner.ts';
import { MeasuredTaskRunner } from './measured-task-runner.ts';
import { outsideJobs, withFlights } from './outside/outside-flights.ts';
import { addOutsideMetrics } from './outside/outside-metrics.ts';
import { WorkerOutside } from './outside/worker-outside.ts';
import { Scratch } from './scratch.ts';
import { prefetchOf, StageConsumer } from './stage-consumer.ts';
import { addPauseMetrics, addWorkerMetrics, handlerDurations } from './worker-metrics.ts';
import { WorkerReporter } from './worker-reporter.ts';

/** What tells one worker service from another. */
export interface StageWorkerOptions {
  /** Name of the service in logs and leases, e.g. `p1-worker`. */
  readonly service: string;
  /** Names of the stages it works; undefined: all stages of all pipelines (TOPOLOGY=single). */
  readonly stages?: readonly string[];
  /** Handlers of the shipped job types: stage name → job type → where and how. */
  readonly handlers: Readonly<Record<string, Readonly<Record<string, HandlerSpec>>>>;
  readonly env: Environment;
  readonly args: readonly string[];
}

/** Runs a stage worker until a signal: connects, consumes its stages' queues, runs handlers, drains. */
export async function runStageWorker({ service, stages, handlers, env, args }: StageWorkerOptions): Promise<void> {
  const config = configOrExit('worker', env, args);
  const logger = createLogger({ service, level: config.logLevel });
  const clock = systemClock;
  const { userTypes, pipelines } = await jobTypesOrExit(config);
  const stageNames = stages ?? pipelines.stageNames();
  const table = withFlights(handlerTable(handlers, userTypes, stageNames), config);

  const mongo = await connectMongo({ url: config.mongodbUrl, appName: service, logger });
  const store = new MongoJobStore(mongo, { clock });
  const outputs = new MongoOutputStore(mongo, { clock });
  const bus = createRabbitMessageBus({
    urls: config.rabbitmqUrl,
    mode: config.topology,
    stageNames: pipelines.stageNames(),
    service,
    logger,
    clock,
    publishInFlightMax: config.publishInFlightMax,
  });
  const scratch = new Scratch(config.scratchDir);
  const slots = config.workerConcurrency;
  const outside = outsideOf(config, mongo, logger);
  const runner = new IsolatedTaskRunner({ handlers: table, outputs, scratch, clock, logger, slots, outside });
  const owner = `${service}@${hostname()}:${process.pid}:${randomUUID().slice(0, 8)}`;
  const failpoints = failpointsOrExit(env, { service, logger });
  const metrics = new ProcessMetrics(service).addRuntime();
  const measured = new MeasuredTaskRunner(runner, clock, handlerDurations(metrics));
  const inlineBatches = metrics.histogram('jobline_inline_batch_bells').with({});
  const timing = { leaseMs: config.leaseMs, earlyAckAfterMs: config.earlyAckAfterMs };
  const follower = new ControlFollower({
    ...{ controls: new MongoControls(mongo), pipelines, clock, logger, stages: stageNames, owner },
    onRead: ({ now, breakers }) => outside.guard.learn(now, breakers),
  });
  const buckets = new MongoRateBuckets(mongo);
  const slow = new SlowGate({ rateOf: (stage) => follower.slowRate(stage), buckets, clock, logger });
  const engine = new StageEngine({
    slow,
    holdBack: (record) => follower.holdBack(record),
    limited: { places: new MongoLimitPlaces(mongo), waiting: new MongoWaitingTurns(mongo), buckets, limits: () => follower.limits() },
    ...{ store, outputs, bus, clock, logger, pipelines, owner, ...timing, slots, ...failpoints },
    runner: measured,
    tuning: follower,
    onInlineBatch: (bells) => inlineBatches.observe(bells),
  });
  const hasInline = Object.values(table).some((byStage) =>
    Object.values(byStage).some((spec) => spec.isolation === 'inline' && !spec.outside),
  );
  const prefetch = prefetchOf(slots, hasInline, config.inlinePrefetch, outsideJobs(table, config));
  addBusMetrics(metrics, bus);
  addWorkerMetrics(metrics, engine, prefetch);
  addPauseMetrics(metrics, stageNames, (stage) => follower.stagePause(stage) !== undefined);
  addOutsideMetrics(metrics, outside);
  const consumer = new StageConsumer({
    engine,
    bus,
    store,
    clock,
    logger,
    stages: stageNames,
    prefetch,
    shutdownTimeoutMs: config.shutdownTimeoutMs,
    owner,
  });
  follower.tell(
    (isPaused) => consumer.setPaused(isPaused),
    () => engine.retuned(),
  );
  const self = { id: owner, service, version: release(), host: hostname(), pid: process.pid, stages: stageNames };
  const intake = () => ({ draining: follower.isDrained, paused: consumer.isPaused });
  const reporter = new WorkerReporter({ reports: new MongoWorkerReports(mongo), engine, clock, logger, self, intake });
  const health = new Health([
    { name: 'mongodb', run: () => mongo.ping() },
    { name: 'consumers', run: () => consumer.problem() },
    eventLoopCheck(),
  ]);
  const handlersEnd: Service = { name: 'handlers', start: async () => undefined, stop: () => runner.stop() };
  await runProcess({
    name: service,
    logger,
    shutdownTimeoutMs: config.shutdownTimeoutMs,
    health,
    services: [
      new HealthServer({ health, host: config.healthHost, port: config.healthPort, allowedHosts: config.allowedHosts, logger, metrics }),
      ...mongoServices(mongo),
      scratch,
      handlersEnd,
      bus,
      reporter,
      follower,
      consumer,
    ],
  });
}

/** What handlers that need a dependency are given. */
function outsideOf(config: Config<'worker'>, mongo: Awaited<ReturnType<typeof connectMongo>>, logger: Logger): WorkerOutside {
  const { endpoints, summaryUrl } = outsideSites(config);
  const urls = [
    ...[...endpoints.values()].flatMap((endpoint) => Object.values(endpoint.urls)),
    ...(summaryUrl === undefined ? [] : [summaryUrl]),
  ];
  const signingText = config.signingKeys ?? config.signingKeysFile;
  return new WorkerOutside({
    ...{ config, logger, clock: systemClock },
    breakers: new MongoBreakers(mongo),
    http: new PinnedHttp({ policy: new UrlPolicy(outsidePolicy(urls)), timeoutMs: config.summarizeTimeoutMs }),
    signer: new WebhookSigner(signingText === undefined ? new MongoSigningKeys(mongo) : configuredKeys(signingText)),
  });
}

/** Job type → stage → handler, for the stages worked here, shipped and user's own. */
function handlerTable(
  shipped: StageWorkerOptions['handlers'],
  userTypes: LoadedTypes['userTypes'],
  stageNames: readonly string[],
): HandlerTable {
  const table: Record<string, Record<string, HandlerSpec>> = {};
  for (const [stage, byType] of Object.entries(shipped)) {
    for (const [type, spec] of Object.entries(byType)) table[type] = { ...table[type], [stage]: spec };
  }
  for (const { spec, handlers } of userTypes) {
    // Versions of a type that share a stage share its handler.
    table[spec.name] = {
      ...table[spec.name],
      ...Object.fromEntries(Object.entries(handlers).filter(([stage]) => stageNames.includes(stage))),
    };
  }
  return table;
}
