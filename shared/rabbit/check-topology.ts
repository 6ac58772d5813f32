import type { Channel, ChannelModel } from 'amqplib';
import { TopologyError } from '../domain/failures.ts';
import { closeQuietly } from './channel-supervisor.ts';
import { closeOnce, connectOnce } from './connect-once.ts';
import { APPLY_COMMAND, type Topology, type TopologyMode, topologyOf } from './topology.ts';

const NOT_FOUND = 404;

/**
 * Checks that every exchange and queue is there, without declaring anything, which needs no permissions. Bindings cannot be
 * seen by AMQP: a missing one shows as `returned`.
 * @throws TopologyError naming each missing thing and the command that makes it.
 */
export async function checkTopologyOn(connection: ChannelModel, topology: Topology): Promise<void> {
  const missing: string[] = [];
  for (const { name } of topology.exchanges)
    if (!(await isThere(connection, (channel) => channel.checkExchange(name)))) missing.push(`exchange ${name}`);
  for (const name of [...topology.stageQueues, ...topology.deadLetterQueues])
    if (!(await isThere(connection, (channel) => channel.checkQueue(name)))) missing.push(`queue ${name}`);
  if (missing.length > 0) throw missingError(missing, topology.mode);
}

/** @returns false when the broker says that it does not exist. */
export async function isThere(connection: ChannelModel, check: (channel: Channel) => Promise<unknown>): Promise<boolean> {
  // Of its own: the broker closes a channel over what is missing.
  const channel = await connection.createChannel();
  channel.on('error', () => undefined);
  try {
    await check(channel);
    return true;
  } catch (error) {
    if ((error as { code?: number }).code !== NOT_FOUND) throw error;
    return false;
  } finally {
    await closeQuietly(channel);
  }
}

/** The same over a connection of its own, to the first of these nodes that answers. @throws TopologyError; Error when the broker cannot be reached. */
export async function checkTopology(options: {
  amqpUrl: string;
  otherUrls?: readonly string[];
  stageNames: readonly string[];
  mode: TopologyMode;
}): Promise<void> {
  const connection = await connectOnce([options.amqpUrl, ...(options.otherUrls ?? [])], 'jobline topology check');
  try {
    await checkTopologyOn(connection, topologyOf(options));
  } finally {
    await closeOnce(connection);
  }
}

function missingError(missing: readonly string[], mode: TopologyMode): TopologyError {
  return new TopologyError(
    `RabbitMQ lacks ${missing.length} part(s) of the topology (TOPOLOGY=${mode}): ${missing.join(', ')}. Run \`${APPLY_COMMAND}\` first.`,
  );
}
