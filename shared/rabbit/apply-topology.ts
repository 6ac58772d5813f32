import type { Channel, ChannelModel } from 'amqplib';
import type { Logger } from '../ports/logger.ts';
import { parseAmqpUrl } from './amqp-url.ts';
import { applyPolicies, policyCommands, refuseAlternateExchanges, verifyPolicies } from './apply-policies.ts';
import { type BrokerState, differentError, probeState, readState, refuseDifferentQueues, strayBindings } from './broker-state.ts';
import { closeQuietly } from './channel-supervisor.ts';
import { closeOnce, connectOnce } from './connect-once.ts';
import { ManagementApi, ManagementError } from './management-api.ts';
import {
  type BindingSpec,
  type ExchangeSpec,
  type PolicySpec,
  policiesFor,
  QUEUE_ARGUMENTS,
  type Topology,
  type TopologyMode,
  topologyOf,
} from './topology.ts';

const PRECONDITION_FAILED = 406;

export interface ApplyTopologyOptions {
  readonly amqpUrl: string;
  /** Further nodes of the same cluster, tried in turn when that one is away. */
  readonly otherUrls?: readonly string[];
  /**
   * May carry its own user and password. Default: port 15672 on the host of `amqpUrl`; when it does not answer there, the
   * rest is made all the same, and a warning has the commands that set the policies.
   */
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
  /** Commands for a person to run, since the policies could not be set or seen; empty when they are in effect. */
  readonly policyCommands: readonly string[];
}

/** What is being worked on. */
interface Work {
  readonly connection: ChannelModel;
  readonly topology: Topology;
  readonly before: BrokerState;
  readonly changes: string[];
}

/**
 * Makes exchanges, queues and bindings by AMQP and policies by the management API, and checks that the policies are in
 * effect. Safe to repeat, and to run from several places at once. Queues of the other mode are unbound and kept.
 * @throws TopologyError when something is there with other arguments, or another policy wins; Error when the broker, or the
 *   management API that `managementUrl` names, cannot be reached.
 */
export async function applyTopology(options: ApplyTopologyOptions): Promise<TopologyReport> {
  const topology = topologyOf(options);
  const connection = await connectOnce([options.amqpUrl, ...(options.otherUrls ?? [])], 'jobline topology apply', options.waitMs ?? 30_000);
  try {
    const report = await applyOn(connection, topology, options).catch((error: unknown) => {
      throw error instanceof ManagementError ? explained(error, options) : error;
    });
    options.logger.info({ mode: options.mode, server: report.serverVersion, changes: report.changes }, 'topology applied');
    for (const warning of report.warnings) options.logger.warn({ warning }, 'topology needs a look');
    return report;
  } finally {
    await closeOnce(connection);
  }
}

async function applyOn(connection: ChannelModel, topology: Topology, options: ApplyTopologyOptions): Promise<TopologyReport> {
  const api = new ManagementApi(options.managementUrl ?? defaultManagementUrl(options.amqpUrl), options.amqpUrl);
  const serverVersion = String(connection.connection.serverProperties.version);
  const policies = policiesFor(topology, parseVersion(serverVersion));
  const state = await readState(api).catch((error: unknown) => {
    if (options.managementUrl !== undefined || !(error instanceof ManagementError)) throw error;
    return error;
  });
  const changes: string[] = [];
  if (state instanceof ManagementError) {
    const before = await probeState(connection, topology);
    const warnings = await declareAll({ connection, topology, before, changes }, async () => undefined);
    const commands = policyCommands(parseAmqpUrl(options.amqpUrl).vhost, policies);
    warnings.push(`${explained(state, options).message} Until then policies are as they were. Run: ${commands.join(' ; ')}`);
    return { serverVersion, changes, warnings, policyCommands: commands };
  }
  refuseDifferentQueues(topology, state);
  const warnings = await declareAll({ connection, topology, before: state, changes }, async () => {
    changes.push(...(await applyPolicies(api, policies)));
  });
  warnings.push(...strayBindings(topology, state), ...(await verify(api, topology, policies)));
  return { serverVersion, changes, warnings, policyCommands: [] };
}

async function declareAll(work: Work, setPolicies: () => Promise<void>): Promise<string[]> {
  const { topology } = work;
  for (const exchange of topology.exchanges) await declareExchange(work, exchange);
  for (const queue of topology.deadLetterQueues) await declareQueue(work, queue);
  for (const binding of topology.deadLetterBindings) await bind(work, binding);
  // Before the stage queues take their first message, so that none is ever without its policy.
  await setPolicies();
  for (const queue of topology.stageQueues) await declareQueue(work, queue);
  for (const binding of topology.stageBindings) await bind(work, binding);
  return retire(work);
}

async function verify(api: ManagementApi, topology: Topology, policies: readonly PolicySpec[]): Promise<string[]> {
  await refuseAlternateExchanges(api, topology);
  return verifyPolicies(api, policies, [...topology.stageQueues, ...topology.deadLetterQueues]);
}

async function declareExchange({ connection, before, changes }: Work, { name, type }: ExchangeSpec): Promise<void> {
  await onOwnChannel(connection, `exchange ${name}`, (channel) => channel.assertExchange(name, type, { durable: true }));
  if (!before.exchanges.has(name)) changes.push(`exchange ${name} made`);
}

async function declareQueue({ connection, before, changes }: Work, name: string): Promise<void> {
  await onOwnChannel(connection, `queue ${name}`, (channel) => channel.assertQueue(name, { durable: true, arguments: QUEUE_ARGUMENTS }));
  if (!before.queues.has(name)) changes.push(`queue ${name} made`);
}

async function bind({ connection, before, changes }: Work, { exchange, queue, routingKey }: BindingSpec): Promise<void> {
  if (before.bindings?.has([exchange, queue, routingKey].join(' '))) return;
  await onOwnChannel(connection, `binding of ${queue}`, (channel) => channel.bindQueue(queue, exchange, routingKey));
  // Where bindings cannot be seen it may have been there.
  if (before.bindings) changes.push(`queue ${queue} bound to ${exchange}${routingKey && ` by ${routingKey}`}`);
}

/** Unbinds the queues of the other mode; what they still hold is reported. */
async function retire({ connection, topology, before, changes }: Work): Promise<string[]> {
  const warnings: string[] = [];
  for (const { exchange, queue, routingKey } of topology.retiredBindings) {
    const found = before.queues.get(queue);
    if (!found) continue;
    if (before.bindings?.has([exchange, queue, routingKey].join(' ')) ?? true) {
      await onOwnChannel(connection, `binding of ${queue}`, (channel) => channel.unbindQueue(queue, exchange, routingKey));
      if (before.bindings) changes.push(`queue ${queue} unbound from ${exchange}: it belongs to the other mode`);
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
    await closeQuietly(channel);
    return result;
  } catch (error) {
    if ((error as { code?: number }).code !== PRECONDITION_FAILED) throw error;
    throw differentError([`${what}: ${(error as Error).message}`]);
  }
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

function explained(error: ManagementError, { managementUrl }: ApplyTopologyOptions): Error {
  const hint =
    error.status === 401 || error.status === 403
      ? 'Policies need a user with the tag policymaker or administrator.'
      : 'Policies need the management plugin (rabbitmq-plugins enable rabbitmq_management).';
  const variable = managementUrl === undefined ? ' Set RABBITMQ_MANAGEMENT_URL when it is elsewhere.' : '';
  return new Error(`${error.message}. ${hint}${variable}`, { cause: error });
}
