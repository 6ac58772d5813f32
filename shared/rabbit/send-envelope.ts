import type { ConfirmChannel } from 'amqplib';
import type { Envelope } from './bell-message.ts';

/** What amqplib's own `publish` comes to; its types leave these out. */
interface Sending {
  sendMessage(fields: object, properties: object, content: Buffer): boolean;
  pushConfirmCallback(callback?: () => void): void;
}

const PERSISTENT = 2;

/**
 * Publishes as `channel.publish` does, without what that makes of its options first: a table of headers that inherits from the one
 * given, and an object of 19 fields (docs/decisions.md, "Two ways around a library").
 * @returns whether the socket's buffer has room. @throws Error, before anything is written: a channel that is closing; what cannot be encoded.
 */
export function sendEnvelope(channel: ConfirmChannel, envelope: Envelope): boolean {
  const { exchange, routingKey, content, headers, mandatory, properties } = envelope;
  const { contentType, contentEncoding, messageId, correlationId, type, timestamp } = properties;
  const fields = {
    exchange,
    routingKey,
    mandatory,
    contentType,
    contentEncoding,
    headers,
    deliveryMode: PERSISTENT,
    correlationId,
    messageId,
    timestamp,
    type,
  };
  const sending = channel as unknown as Sending;
  const hasRoom = sending.sendMessage(fields, fields, content);
  sending.pushConfirmCallback();
  return hasRoom;
}
