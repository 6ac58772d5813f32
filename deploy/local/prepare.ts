import { connectMongo } from '../../shared/mongo/connect.ts';
import { migrate } from '../../shared/mongo/migrations.ts';
import { applyTopology } from '../../shared/rabbit/apply-topology.ts';
import { configOrExit } from '../../shared/runtime/config.ts';
import { jobTypesOrExit } from '../../shared/runtime/job-type-modules.ts';
import { createLogger } from '../../shared/runtime/logging.ts';

/**
 * Prepares both servers: applies RabbitMQ's topology and policies and MongoDB's migrations. Safe to repeat, and to run from
 * several places at once. Run before services start: by `npm start`, as one-shot container, as Kubernetes Job.
 */
const config = configOrExit('cli', process.env, process.argv.slice(2));
const logger = createLogger({ service: 'prepare', level: config.logLevel });
const { pipelines } = await jobTypesOrExit(config);

try {
  const mongo = await connectMongo({ url: config.mongodbUrl, appName: 'prepare', logger });
  try {
    await migrate(mongo.db);
  } finally {
    await mongo.close();
  }
  const [amqpUrl = '', ...otherUrls] = config.rabbitmqUrl;
  await applyTopology({
    amqpUrl,
    otherUrls,
    managementUrl: config.rabbitmqManagementUrl,
    stageNames: pipelines.stageNames(),
    mode: config.topology,
    logger,
  });
  logger.info({ stages: pipelines.stageNames(), topology: config.topology }, 'topology and migrations are applied');
} catch (error) {
  logger.error({ err: error }, 'preparing the servers failed');
  process.exitCode = 1;
}
