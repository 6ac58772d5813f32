import { parseArgs } from 'node:util';
import { ConfigError, TopologyError } from '../../shared/domain/failures.ts';
import { applyTopology } from '../../shared/rabbit/apply-topology.ts';
import { checkTopology } from '../../shared/rabbit/check-topology.ts';
import { topologyOf } from '../../shared/rabbit/topology.ts';
import { type Config, configOrExit } from '../../shared/runtime/config.ts';
import { jobTypesOrExit } from '../../shared/runtime/job-type-modules.ts';
import { createLogger } from '../../shared/runtime/logging.ts';

const USAGE = `Usage: npm run topology apply | check | show [-- --json]

apply   makes Jobline's exchanges, queues, bindings and policies in RabbitMQ; safe to repeat
check   says what is missing, and changes nothing
show    says what Jobline wants to be there, without asking RabbitMQ

Settings come from the environment: RABBITMQ_URL, RABBITMQ_MANAGEMENT_URL, TOPOLOGY, JOBLINE_JOB_TYPES
(docs/configuration.md). With --json what is found is one JSON value.
Exit codes: 0 done, 1 missing or other than wanted, 2 wrong usage, 69 RabbitMQ did not do it, 78 wrong settings.
`;

/** What a command found: lines for a person, and the same for a program. */
interface Found {
  readonly lines: readonly string[];
  readonly facts: object;
}

async function stageNamesOf(config: Config<'topology'>): Promise<readonly string[]> {
  return (await jobTypesOrExit(config)).pipelines.stageNames();
}

async function apply(config: Config<'topology'>): Promise<Found> {
  const [amqpUrl = '', ...otherUrls] = config.rabbitmqUrl;
  const report = await applyTopology({
    amqpUrl,
    otherUrls,
    managementUrl: config.rabbitmqManagementUrl,
    stageNames: await stageNamesOf(config),
    mode: config.topology,
    // What it did is said once, as the answer.
    logger: createLogger({ service: 'topology', level: isJson ? 'error' : config.logLevel }),
  });
  const { changes, warnings, policyCommands, serverVersion } = report;
  const lines = [
    ...changes,
    ...warnings.map((warning) => `Warning: ${warning}`),
    ...policyCommands.map((command) => `Run: ${command}`),
    `RabbitMQ ${serverVersion}: ${changes.length === 0 ? 'all was there' : `${changes.length} change(s)`}.`,
  ];
  return { lines, facts: report };
}

async function check(config: Config<'topology'>): Promise<Found> {
  const [amqpUrl = '', ...otherUrls] = config.rabbitmqUrl;
  await checkTopology({ amqpUrl, otherUrls, stageNames: await stageNamesOf(config), mode: config.topology });
  return { lines: ['All exchanges and queues are there.'], facts: { complete: true } };
}

async function show(config: Config<'topology'>): Promise<Found> {
  const { exchanges, stageQueues, deadLetterQueues, stageBindings, deadLetterBindings, queueClasses, mode } = topologyOf({
    stageNames: await stageNamesOf(config),
    mode: config.topology,
  });
  const bindings = [...stageBindings, ...deadLetterBindings];
  const policies = queueClasses.map(({ policy, pattern, rules }) => ({
    policy,
    pattern,
    definition: Object.fromEntries(rules.map(({ key, value }) => [key, value])),
  }));
  const lines = [
    `Topology ${mode}`,
    ...exchanges.map(({ name, type }) => `exchange  ${name} (${type})`),
    ...[...stageQueues, ...deadLetterQueues].map((name) => `queue     ${name} (quorum)`),
    ...bindings.map(({ exchange, queue, routingKey }) => `binding   ${exchange} -> ${queue}${routingKey && `, ${routingKey}`}`),
    ...policies.map(({ policy, pattern }) => `policy    ${policy}, ${pattern}`),
  ];
  return { lines, facts: { mode, exchanges, queues: [...stageQueues, ...deadLetterQueues], bindings, policies } };
}

const print = ({ lines, facts }: Found): void =>
  void process.stdout.write(isJson ? `${JSON.stringify(facts, undefined, 2)}\n` : `${lines.join('\n')}\n`);

const { values, positionals } = parseArgs({
  strict: false,
  allowPositionals: true,
  options: { json: { type: 'boolean' }, help: { type: 'boolean' }, 'print-config': { type: 'boolean' } },
});
const isJson = values['json'] === true;
const work = { apply, check, show }[positionals[0] ?? ''];
if (!work || positionals.length > 1) {
  process.stderr.write(USAGE);
  process.exit(values['help'] === true ? 0 : 2);
}
try {
  print(await work(configOrExit('topology', process.env, process.argv.slice(2))));
} catch (error) {
  if (error instanceof ConfigError) throw error;
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof TopologyError ? 1 : 69;
}
