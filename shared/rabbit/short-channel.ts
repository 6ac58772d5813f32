import type { Channel } from 'amqplib';
import { closeQuietly } from './channel-supervisor.ts';
import type { BrokerConnection } from './connection.ts';

/**
 * Does one task on a channel of its own, which is closed at the end.
 * @throws Error when the connection is not up by the signal, or the broker closes the channel.
 */
export async function onShortChannel<T>(
  connection: BrokerConnection,
  signal: AbortSignal,
  use: (channel: Channel) => Promise<T>,
): Promise<T> {
  connection.start();
  await connection.until(() => connection.current !== undefined, signal);
  if (!connection.current) throw new Error(`RabbitMQ cannot be reached: ${connection.lastFailure ?? 'no answer'}`);
  const channel = await connection.current.createChannel();
  channel.on('error', () => undefined);
  try {
    return await use(channel);
  } finally {
    await closeQuietly(channel);
  }
}
