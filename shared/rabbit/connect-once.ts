import { type ChannelModel, connect } from 'amqplib';
import { hostOf, reasonWithoutSecrets, withHeartbeat } from './amqp-url.ts';

const HANDSHAKE_MS = 10_000;
const HEARTBEAT_SECONDS = 10;
const RETRY_MS = 500;
/** Reasons that waiting does not mend. */
const FINAL = /ACCESS.REFUSED|NOT.ALLOWED|403|530/i;

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
      const reason = reasonWithoutSecrets(error, [url]);
      if (FINAL.test(reason) || performance.now() >= until) {
        throw new Error(`RabbitMQ at ${hostOf(url)} cannot be reached: ${reason}`, { cause: error });
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}
