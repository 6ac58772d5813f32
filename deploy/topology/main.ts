import { ConfigError } from '../../shared/domain/failures.ts';
import { applyTopology } from '../../shared/rabbit/apply-topology.ts';
import { checkTopology } from '../../shared/rabbit/check-topology.ts';
import { type Config, configOrExit } from '../../shared/runtime/config.ts';
import { jobTypesOrExit } from '../../shared/runtime/job-type-modules.ts';
import { createLogger } from '../../shared/runtime/logging.ts';

const USAGE = `Usage: npm run topology apply | check

apply   makes Jobline's exchanges, queues, bindings and policies in RabbitMQ; safe to repeat
check   says what is missing, and changes nothing

Settings come from the environment: RABBITMQ_URL, RABBITMQ_MANAGEMENT_URL, TOPOLOGY, JOBLINE_JOB_TYPES
(docs/configuration.md). Exit codes: 0 done, 1 missing or failed, 2 wrong usage, 78 wrong settings.
`;

const print = (text: string): void => void process.stdout.write(`${text}\n`);

async function stageNamesOf(config: Config<'topology'>): Promise<readonly string[]> {
  return (await jobTypesOrExit(config)).pipelines.stageNames();
}

async function apply(config: Config<'topology'>): Promise<void> {
  const [amqpUrl = '', ...otherUrls] = config.rabbitmqUrl;
  const report = await applyTopology({
    amqpUrl,
    otherUrls,
    managementUrl: config.rabbitmqManagementUrl,
    stageNames: await stageNamesOf(config),
    mode: config.topology,
    logger: createLogger({ service: 'topology', level: config.logLevel }),
  });
  for (const change of report.changes) print(change);
  for (const warning of report.warnings) print(`Warning: ${warning}`);
  for (const command of report.policyCommands) print(`Run: ${command}`);
  print(`RabbitMQ ${report.serverVersion}: ${report.changes.length === 0 ? 'all was there' : `${report.changes.length} change(s)`}.`);
}

async function check(config: Config<'topology'>): Promise<void> {
  const [amqpUrl = '', ...otherUrls] = config.rabbitmqUrl;
  await checkTopology({ amqpUrl, otherUrls, stageNames: await stageNamesOf(config), mode: config.topology });
  print('All exchanges and queues are there.');
}

const [command = '', ...rest] = process.argv.slice(2);
const work = { apply, check }[command];
if (!work) {
  process.stderr.write(USAGE);
  process.exit(command === '--help' ? 0 : 2);
}
try {
  await work(configOrExit('topology', process.env, rest));
} catch (error) {
  if (error instanceof ConfigError) throw error;
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
