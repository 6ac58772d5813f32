import type { Channel, ChannelModel } from 'amqplib';
import { TopologyError } from '../domain/failures.ts';
import type { Logger } from '../ports/logger.ts';
import { applyPolicies, verifyPolicies } from './apply-policies.ts';
import { connectOnce } from './connect-once.ts';
import { type ListedQueue, ManagementApi, ManagementError } from './management-api.ts';
import {
  type BindingSpec,
  type ExchangeSpec,
  policiesFor,
  QUEUE_ARGUMENTS,
  type Topology,
  type TopologyMode,
  topologyOf,
} from './topology.ts';

const PRECONDITION_FAILED = 406;

export interface ApplyTopologyOptions {
  readonly amqpUrl: string;
  /** May carry its own user and password. Default: port 15672 on the host of `amqpUrl`. */
  readonly managementUrl?: string | undefined;
  readonly stageNames: readonly string[];
  readonly mode: TopologyMode;
  readonly logger: Logger;
  /** How long to wait for a broker that does not listen yet. Default 30,000 ms. */
  readonly waitMs?: number;
}

/** What `applyTopology` did. */
export interface TopologyReport {
  readonly serverVersion: string;
  /** A sentence for each thing made or changed; empty when all was there. */
  readonly changes: readonly string[];
  /** Things that a person should look at. */
  readonly warnings: readonly string[];
}

interface Before {
  readonly exchanges: ReadonlySet<string>;
  readonly queues: ReadonlyMap<string, ListedQueue>;
  readonly bindings: ReadonlySet<string>;
}

/**
 * Makes exchanges, queues and bindings by AMQP and policies by the management API, and checks that the policies are in
 * effect. Safe to repeat, and to run from several places at once. Queues of the other mode are unbound and kept.
 * @throws TopologyError when something is there with other arguments, or another policy wins; Error when the broker or its
 *   management API cannot be reached.
 */
export async function applyTopology(options: ApplyTopologyOptions): Promise<TopologyReport> {
  const topology = topologyOf(options);
  const connection = await connectOnce(options.amqpUrl, 'jobline topology apply', options.waitMs ?? 30_000);
  try {
    const api = new ManagementApi(options.managementUrl ?? defaultManagementUrl(options.amqpUrl), options.amqpUrl);
    const report = await applyOn(connection, api, topology).catch((error: unknown) => {
      throw explained(error, options);
    });
    options.logger.info({ mode: options.mode, server: report.serverVersion, changes: report.changes }, 'topology applied');
    for (const warning of report.warnings) options.logger.warn({ warning }, 'topology needs a look');
    return report;
  } finally {
    await connection.close();
  }
}

async function applyOn(connection: ChannelModel, api: ManagementApi, topology: Topology): Promise<TopologyReport> {
  const serverVersion = versionOf(connection);
  const before = await readBefore(api);
  refuseDifferentQueues(topology, before);
  const policies = policiesFor(topology, parseVersion(serverVersion));
  const changes: string[] = [];
  for (const exchange of topology.exchanges) await declareExchange(connection, exchange, before, changes);
  for (const queue of topology.deadLetterQueues) await declareQueue(connection, queue, before, changes);
  for (const binding of topology.deadLetterBindings) await bind(connection, binding, before, changes);
  // Before the stage queues take their first message, so that none is ever without its policy.
  changes.push(...(await applyPolicies(api, policies)));
  for (const queue of topology.stageQueues) await declareQueue(connection, queue, before, changes);
  for (const binding of topology.stageBindings) await bind(connection, binding, before, changes);
  const warnings = await retire(connection, topology, before, changes);
  warnings.push(...(await verifyPolicies(api, policies, [...topology.stageQueues, ...topology.deadLetterQueues])));
  return { serverVersion, changes, warnings };
}

async function readBefore(api: ManagementApi): Promise<Before> {
  const [exchanges, queues, bindings] = await Promise.all([
    api.get<{ name: string }[]>(api.inVhost('exchanges')),
    api.get<ListedQueue[]>(api.inVhost('queues')),
    api.get<{ source: string; destination: string; routing_key: string }[]>(api.inVhost('bindings')),
  ]);
  return {
    exchanges: new Set(exchanges.map(({ name }) => name)),
    queues: new Map(queues.map((queue) => [queue.name, queue])),
    bindings: new Set(bindings.map(({ source, destination, routing_key }) => [source, destination, routing_key].join(' '))),
  };
}

/** All at once, before anything is changed. */
function refuseDifferentQueues(topology: Topology, before: Before): void {
  const wanted = describe({ type: 'quorum', durable: true, arguments: QUEUE_ARGUMENTS });
  const different = [...topology.stageQueues, ...topology.deadLetterQueues].flatMap((name) => {
    const found = before.queues.get(name);
    return found && describe(found) !== wanted ? [`queue ${name}: found ${describe(found)}, wanted ${wanted}`] : [];
  });
  if (different.length > 0) throw differentError(different);
}

function describe(queue: Omit<ListedQueue, 'name'>): string {
  const { type = 'unknown', durable = true, auto_delete: isAutoDelete = false, exclusive = false } = queue;
  const flags = [type, durable ? 'durable' : 'transient', ...(isAutoDelete ? ['auto-delete'] : []), ...(exclusive ? ['exclusive'] : [])];
  return `${flags.join(' ')} with arguments ${JSON.stringify(queue.arguments ?? {})}`;
}

function differentError(different: readonly string[]): TopologyError {
  return new TopologyError(
    `Arguments can never be changed on what exists. ${different.join('; ')}. Let it run empty, delete it (for a queue: rabbitmqctl delete_queue NAME), and run \`jobline topology apply\` again; doorbells lost with a queue are found by the audit.`,
  );
}

async function declareExchange(connection: ChannelModel, { name, type }: ExchangeSpec, before: Before, changes: string[]): Promise<void> {
  await onOwnChannel(connection, `exchange ${name}`, (channel) => channel.assertExchange(name, type, { durable: true }));
  if (!before.exchanges.has(name)) changes.push(`exchange ${name} made`);
}

async function declareQueue(connection: ChannelModel, name: string, before: Before, changes: string[]): Promise<void> {
  await onOwnChannel(connection, `queue ${name}`, (channel) => channel.assertQueue(name, { durable: true, arguments: QUEUE_ARGUMENTS }));
  if (!before.queues.has(name)) changes.push(`queue ${name} made`);
}

async function bind(connection: ChannelModel, binding: BindingSpec, before: Before, changes: string[]): Promise<void> {
  const { exchange, queue, routingKey } = binding;
  if (before.bindings.has([exchange, queue, routingKey].join(' '))) return;
  await onOwnChannel(connection, `binding of ${queue}`, (channel) => channel.bindQueue(queue, exchange, routingKey));
  changes.push(`queue ${queue} bound to ${exchange}${routingKey && ` by ${routingKey}`}`);
}

/** Unbinds the queues of the other mode; what they still hold is reported. */
async function retire(connection: ChannelModel, topology: Topology, before: Before, changes: string[]): Promise<string[]> {
  const warnings: string[] = [];
  for (const { exchange, queue, routingKey } of topology.retiredBindings) {
    const found = before.queues.get(queue);
    if (!found) continue;
    if (before.bindings.has([exchange, queue, routingKey].join(' '))) {
      await onOwnChannel(connection, `binding of ${queue}`, (channel) => channel.unbindQueue(queue, exchange, routingKey));
      changes.push(`queue ${queue} unbound from ${exchange}: it belongs to the other mode`);
    }
    // Exact for what is ready; the listing's figures are up to 5 s old.
    const ready = await onOwnChannel(connection, `queue ${queue}`, async (channel) => (await channel.checkQueue(queue)).messageCount);
    const held = ready + (found.messages_unacknowledged ?? 0);
    if (held > 0)
      warnings.push(
        `queue ${queue} of the other mode still holds ${held} message(s): move them to ${exchange}, or leave them to the audit`,
      );
  }
  return warnings;
}

/** An error closes the channel that met it. */
async function onOwnChannel<T>(connection: ChannelModel, what: string, use: (channel: Channel) => Promise<T>): Promise<T> {
  const channel = await connection.createChannel();
  channel.on('error', () => undefined);
  try {
    const result = await use(channel);
    await channel.close();
    return result;
  } catch (error) {
    if ((error as { code?: number }).code !== PRECONDITION_FAILED) throw error;
    throw differentError([`${what}: ${(error as Error).message}`]);
  }
}

function versionOf(connection: ChannelModel): string {
  return String(connection.connection.serverProperties.version);
}

/** @throws Error when it is no version. */
export function parseVersion(version: string): readonly [number, number] {
  const match = /^(\d+)\.(\d+)/.exec(version);
  if (!match) throw new Error(`RabbitMQ's version ${JSON.stringify(version)} cannot be read`);
  return [Number(match[1]), Number(match[2])];
}

function defaultManagementUrl(amqpUrl: string): string {
  const { protocol, hostname } = new URL(amqpUrl);
  return protocol === 'amqps:' ? `https://${hostname}:15671` : `http://${hostname}:15672`;
}

function explained(error: unknown, { managementUrl }: ApplyTopologyOptions): unknown {
  if (!(error instanceof ManagementError)) return error;
  const hint =
    error.status === 401 || error.status === 403
      ? 'Policies need a user with the tag policymaker or administrator.'
      : 'Policies need the management plugin (rabbitmq-plugins enable rabbitmq_management).';
  const variable = managementUrl === undefined ? ' Set RABBITMQ_MANAGEMENT_URL when it is elsewhere.' : '';
  return new Error(`${error.message}. ${hint}${variable}`, { cause: error });
}
