import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { DueRelay } from '../../shared/jobs/relay-due.ts';
import { JobReplayer } from '../../shared/jobs/replay-job.ts';
import { connectMongo } from '../../shared/mongo/connect.ts';
import { MongoJobStore } from '../../shared/mongo/mongo-job-store.ts';
import { MongoLeaseStore } from '../../shared/mongo/mongo-lease-store.ts';
import { MongoOutputStore } from '../../shared/mongo/mongo-output-store.ts';
import { mongoServices } from '../../shared/mongo/mongo-services.ts';
import { createRabbitMessageBus } from '../../shared/rabbit/rabbit-message-bus.ts';
import { configOrExit } from '../../shared/runtime/config.ts';
import { eventLoopCheck, Health } from '../../shared/runtime/health.ts';
import { HealthServer } from '../../shared/runtime/health-server.ts';
import { jobTypesOrExit } from '../../shared/runtime/job-type-modules.ts';
import { runProcess } from '../../shared/runtime/lifecycle.ts';
import { createLogger } from '../../shared/runtime/logging.ts';
import { systemClock as clock } from '../../shared/runtime/system-clock.ts';
import { scheduleOf } from './schedule.ts';
import { ScheduleRunner } from './schedule-runner.ts';

const service = 'scheduler';
const config = configOrExit('scheduler', process.env, process.argv.slice(2));
const logger = createLogger({ service, level: config.logLevel });
const { pipelines } = await jobTypesOrExit(config);

const mongo = await connectMongo({ url: config.mongodbUrl, appName: service, logger });
const store = new MongoJobStore(mongo, { clock });
const outputs = new MongoOutputStore(mongo, { clock, uploadTtlHours: config.uploadTtlHours });
const leases = new MongoLeaseStore(mongo.db);
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
const relay = new DueRelay({ store, bus, clock, pipelines, logger });
const replayer = new JobReplayer({ store, bus, clock, pipelines, logger });
const owner = `${service}@${hostname()}:${process.pid}:${randomUUID().slice(0, 8)}`;
const schedule = new ScheduleRunner({ store, outputs, leases, bus, clock, logger, pipelines, relay, replayer, owner }, scheduleOf(config));
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
    new HealthServer({ health, host: config.healthHost, port: config.healthPort, logger }),
    ...mongoServices(mongo),
    bus,
    {
      name: 'ringers',
      start: async () => undefined,
      stop: async () => {
        await Promise.all([relay.stop(), replayer.stop()]);
      },
    },
    schedule,
  ],
});
