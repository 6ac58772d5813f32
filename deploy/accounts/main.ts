import { configOrExit } from '../../shared/runtime/config.ts';
import { jobTypesOrExit } from '../../shared/runtime/job-type-modules.ts';
import { createLogger } from '../../shared/runtime/logging.ts';
import { accountsOf, passwordsOf } from './accounts.ts';
import { applyBrokerUsers } from './broker-users.ts';
import { applyStoreUsers } from './store-users.ts';

/**
 * Gives every service its own account in RabbitMQ and MongoDB (docs/deployment.md). RABBITMQ_URL, RABBITMQ_MANAGEMENT_URL
 * and MONGODB_URL are those of administrators; passwords come from GATEWAY_PASSWORD, P1_WORKER_PASSWORD and so on. Safe to
 * repeat: that is how passwords are changed. Run before `prepare`.
 */
const WAIT_MS = 60_000;

const config = configOrExit('cli', process.env, process.argv.slice(2));
const logger = createLogger({ service: 'accounts', level: config.logLevel });

try {
  const { rabbitmqUrl, rabbitmqManagementUrl: managementUrl, mongodbUrl } = config;
  if (managementUrl === undefined) throw new Error('RABBITMQ_MANAGEMENT_URL is not set: accounts are made through that API.');
  const { pipelines } = await jobTypesOrExit(config);
  const accounts = accountsOf(pipelines.stageNames());
  const passwords = passwordsOf(accounts, process.env);
  await applyBrokerUsers({ amqpUrl: rabbitmqUrl[0]!, managementUrl, accounts, passwords, waitMs: WAIT_MS });
  await applyStoreUsers({ url: mongodbUrl, accounts, passwords, waitMs: WAIT_MS });
  logger.info({ accounts: accounts.map(({ name }) => name) }, 'accounts are up to date');
} catch (error) {
  logger.error({ err: error }, 'making the accounts failed');
  process.exitCode = 1;
}
