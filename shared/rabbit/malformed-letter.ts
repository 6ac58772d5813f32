import type { ConsumeMessage } from 'amqplib';
import { CODE, type Envelope, FROM_QUEUE, type MalformedBells, REASON } from './bell-message.ts';
import { deadLetterExchange, stageInQueue } from './topology.ts';

/** amqplib encodes at most 64 KiB of headers; ours must fit too. */
const MAX_HEADER_CHARS = 32_768;

/** A malformed message on its way to its queue's dead-letter exchange: as it came, with the reason in the headers. */
export function malformedEnvelope({ content, fields, properties }: ConsumeMessage, queue: string, why: MalformedBells): Envelope {
  const { contentType, contentEncoding, messageId, correlationId, type, timestamp, headers } = properties;
  const texts = Object.entries({ contentType, contentEncoding, messageId, correlationId, type }).filter(
    ([, value]) => typeof value === 'string',
  );
  return {
    exchange: deadLetterExchange(stageInQueue(queue)),
    routingKey: fields.routingKey,
    content,
    headers: { ...keepable(headers), [REASON]: why.reason, [CODE]: why.code, [FROM_QUEUE]: queue },
    mandatory: true,
    properties: { ...Object.fromEntries(texts), ...(Number.isSafeInteger(timestamp) && { timestamp: timestamp as number }) },
  };
}

/** Headers that another client put there and that cannot be sent on would keep the message in its queue for ever. */
function keepable(headers: object | undefined): object {
  if (!headers) return {};
  try {
    return JSON.stringify(headers).length <= MAX_HEADER_CHARS ? headers : {};
  } catch {
    return {};
  }
}
