import { type ChannelModel, connect } from 'amqplib';
import { connectFailure, hostOf, withHeartbeat } from './amqp-url.ts';
import { destroySocket } from './connection.ts';

const HANDSHAKE_MS = 10_000;
const HEARTBEAT_SECONDS = 10;
const RETRY_MS = 500;
const CLOSE_MS = 3_000;

/**
 * A connection for one task, not kept up. While nothing listens there it tries again for `waitMs` (default 0).
 * @throws Error naming the host and the reason, without the password.
 */
export async function connectOnce(url: string, name: string, waitMs = 0): Promise<ChannelModel> {
  const until = performance.now() + waitMs;
  for (;;) {
    try {
      const connection = await connect(withHeartbeat(url, HEARTBEAT_SECONDS), {
        noDelay: true,
        timeout: HANDSHAKE_MS,
        clientProperties: { connection_name: name },
      });
      connection.on('error', () => undefined);
      return connection;
    } catch (error) {
      const { reason, refusal } = connectFailure(error, [url]);
      // A virtual host may still be on its way up.
      if (refusal === 'login' || performance.now() >= until) {
        throw new Error(`RabbitMQ at ${hostOf(url)} cannot be reached: ${reason}`, { cause: error });
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

/** Closes such a connection, within 3 s even when the broker does not answer. */
export async function closeOnce(connection: ChannelModel): Promise<void> {
  // amqplib's own promise is never settled when the connection dies before the broker has answered.
  const gone = new Promise<void>((resolve) => connection.once('close', () => resolve()));
  const closed = connection.close().catch(() => undefined);
  let timer: NodeJS.Timeout | undefined;
  const enough = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, CLOSE_MS);
  });
  await Promise.race([closed, gone, enough]);
  clearTimeout(timer);
  destroySocket(connection);
}
