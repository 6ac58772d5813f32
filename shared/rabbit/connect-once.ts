import { type ChannelModel, connect } from 'amqplib';
import { connectFailure, hostOf, withHeartbeat } from './amqp-url.ts';
import { destroySocket } from './connection.ts';

const HANDSHAKE_MS = 10_000;
const HEARTBEAT_SECONDS = 10;
const RETRY_MS = 500;
const CLOSE_MS = 3_000;

/**
 * A connection for one task, not kept up, to the first of these nodes that answers. While none does it tries again for
 * `waitMs` (default 0).
 * @throws Error naming the last host and the reason, without the password.
 */
export async function connectOnce(urls: readonly string[], name: string, waitMs = 0): Promise<ChannelModel> {
  const until = performance.now() + waitMs;
  for (let tries = 1; ; tries += 1) {
    const url = urls[(tries - 1) % urls.length]!;
    const isRoundOver = tries % urls.length === 0;
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
      if (refusal === 'login' || (isRoundOver && performance.now() >= until)) {
        throw new Error(`RabbitMQ at ${hostOf(url)} cannot be reached: ${reason}`, { cause: error });
      }
      if (isRoundOver) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
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
