import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { ConfirmChannel, Options } from 'amqplib';
import { expect } from 'chai';
import type { Envelope } from '../../../../shared/rabbit/bell-message.ts';
import { sendEnvelope } from '../../../../shared/rabbit/send-envelope.ts';

/** Of amqplib's inside, which it does not export: what it encodes, and what its `publish` makes of options. */
const require = createRequire(import.meta.url);
const inside = (file: string): unknown => require(join(dirname(require.resolve('amqplib')), 'lib', file));
const defs = inside('defs.js') as {
  BasicPublish: number;
  BasicProperties: number;
  encodeMethod(id: number, channel: number, fields: object): Buffer;
  encodeProperties(id: number, channel: number, size: number, fields: object): Buffer;
};
const Args = inside('api_args.js') as { publish(exchange: string, routingKey: string, options: Options.Publish): object };

const framesOf = (fields: object, content: Buffer) => [
  defs.encodeMethod(defs.BasicPublish, 1, fields).toString('hex'),
  defs.encodeProperties(defs.BasicProperties, 1, content.length, fields).toString('hex'),
];

describe('sendEnvelope', () => {
  const content = Buffer.from('{}');
  const whole: Envelope = {
    exchange: 'jobline.stages',
    routingKey: 'p1.standard.report',
    content,
    headers: { 'x-number': 7, 'x-text': 'a' },
    mandatory: true,
    properties: {
      contentType: 'application/json',
      contentEncoding: 'gzip',
      messageId: 'm',
      correlationId: 'c',
      type: 'doorbell',
      timestamp: 1_700_000_000,
    },
  };

  for (const [name, envelope] of [
    ['with all properties', whole],
    ['with none', { ...whole, headers: {}, mandatory: false, properties: {} }],
  ] as const)
    it(`a message ${name}: has the frames that publish gives it, and is awaited as one`, () => {
      const sent: (readonly [object, object, Buffer])[] = [];
      const pushed: unknown[] = [];
      const channel = {
        sendMessage: (fields: object, properties: object, body: Buffer) => sent.push([fields, properties, body]) > 1,
        pushConfirmCallback: (...callback: unknown[]) => pushed.push(callback),
      } as unknown as ConfirmChannel;
      expect(sendEnvelope(channel, envelope)).to.equal(false);
      expect(sendEnvelope(channel, envelope)).to.equal(true);
      const { exchange, routingKey, headers, mandatory, properties } = envelope;
      const published = Args.publish(exchange, routingKey, { ...properties, headers, mandatory, persistent: true });
      const [fields, props, body] = sent[0]!;
      expect(fields).to.equal(props);
      expect(body).to.equal(content);
      expect(framesOf(fields, content)).to.deep.equal(framesOf(published, content));
      expect(pushed).to.deep.equal([[], []]);
    });

  it('a channel that refuses: throws, and awaits nothing', () => {
    let pushed = 0;
    const channel = {
      sendMessage: () => {
        throw new Error('Channel closed');
      },
      pushConfirmCallback: () => (pushed += 1),
    } as unknown as ConfirmChannel;
    expect(() => sendEnvelope(channel, whole)).to.throw('Channel closed');
    expect(pushed).to.equal(0);
  });
});
