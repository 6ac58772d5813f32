import type { Writable } from 'node:stream';
import type { ChannelModel } from 'amqplib';

/**
 * Joins what amqplib writes in one turn of the event loop into one system call: it writes each message and each ack by itself, and
 * a socket with room makes a call of each. Nothing is held beyond the turn (docs/performance.md, "What a submission costs the gateway").
 */
export function joinWrites({ connection }: ChannelModel): void {
  const { stream } = connection as unknown as { readonly stream: Writable };
  const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
  let isJoining = false;
  const leave = () => {
    isJoining = false;
    stream.uncork();
  };
  stream.write = (...args: unknown[]) => {
    if (!isJoining) {
      isJoining = true;
      stream.cork();
      process.nextTick(leave);
    }
    return write(...args);
  };
}
