import type { Channel, ChannelModel } from 'amqplib';
import { TopologyError } from '../domain/failures.ts';
import { connectOnce } from './connect-once.ts';
import { type Topology, type TopologyMode, topologyOf } from './topology.ts';

const NOT_FOUND = 404;

/**
 * Checks that every exchange and queue is there, without declaring anything. Bindings cannot be seen by AMQP: a missing one
 * shows as `returned`.
 * @throws TopologyError naming each missing thing and the command that makes it.
 */
export async function checkTopologyOn(connection: ChannelModel, topology: Topology): Promise<void> {
  const probes: { what: string; check: (channel: Channel) => Promise<unknown> }[] = [
    ...topology.exchanges.map(({ name }) => ({ what: `exchange ${name}`, check: (channel: Channel) => channel.checkExchange(name) })),
    ...[...topology.stageQueues, ...topology.deadLetterQueues].map((name) => ({
      what: `queue ${name}`,
      check: (channel: Channel) => channel.checkQueue(name),
    })),
  ];
  const missing: string[] = [];
  let channel = await openChannel(connection);
  for (const { what, check } of probes) {
    try {
      await check(channel);
    } catch (error) {
      if ((error as { code?: number }).code !== NOT_FOUND) throw error;
      missing.push(what);
      // The broker has closed the channel over it.
      channel = await openChannel(connection);
    }
  }
  await channel.close();
  if (missing.length > 0) throw missingError(missing, topology.mode);
}

/** The same over a connection of its own. @throws TopologyError; Error when the broker cannot be reached. */
export async function checkTopology(options: { amqpUrl: string; stageNames: readonly string[]; mode: TopologyMode }): Promise<void> {
  const connection = await connectOnce(options.amqpUrl, 'jobline topology check');
  try {
    await checkTopologyOn(connection, topologyOf(options));
  } finally {
    await connection.close();
  }
}

function missingError(missing: readonly string[], mode: TopologyMode): TopologyError {
  return new TopologyError(
    `RabbitMQ lacks ${missing.length} part(s) of the topology (TOPOLOGY=${mode}): ${missing.join(', ')}. Run \`jobline topology apply\` first.`,
  );
}

async function openChannel(connection: ChannelModel): Promise<Channel> {
  const channel = await connection.createChannel();
  channel.on('error', () => undefined);
  return channel;
}
