import amqp, { type ChannelModel, type ConsumeMessage } from 'amqplib';
import { type AsyncApiDocument, AsyncApiMessages, socketMessageName } from './async-api-messages.ts';
import type { ReceivedEvent } from './event-source.ts';

type Channel = AsyncApiDocument['channels'][string] & {
  readonly bindings?: { readonly amqp?: { readonly exchange: { readonly name: string } } };
  readonly parameters?: Readonly<Record<string, { readonly enum?: readonly string[] }>>;
};

/** `stage.{stage}.{lane}` with the values that its parameters may have. */
function addressPattern({ address, parameters = {} }: Channel): RegExp {
  const source = address!
    .replaceAll('.', '\\.')
    .replace(/\{(\w+)\}/g, (_, name: string) => `(?:${parameters[name]?.enum?.join('|') ?? '.+'})`);
  return new RegExp(`^${source}$`);
}

/** Hears every message that a running system puts into its exchanges, and is told of the others: each is held against its /asyncapi.json. */
export class MessageWatch {
  readonly #messages: AsyncApiMessages;
  readonly #problems: string[] = [];
  #connection: ChannelModel | undefined;

  private constructor(document: AsyncApiDocument) {
    this.#messages = new AsyncApiMessages(document);
  }

  /** @param api of the gateway. */
  static async start({ api, rabbitmqUrl }: { readonly api: string; readonly rabbitmqUrl: string }): Promise<MessageWatch> {
    const document = (await (await fetch(`${api}/asyncapi.json`)).json()) as AsyncApiDocument;
    const watch = new MessageWatch(document);
    watch.#connection = await amqp.connect(rabbitmqUrl);
    const channel = await watch.#connection.createChannel();
    for (const described of Object.values(document.channels) as Channel[]) {
      const exchange = described.bindings?.amqp?.exchange.name;
      if (exchange === undefined) continue;
      const { queue } = await channel.assertQueue('', { exclusive: true });
      await channel.bindQueue(queue, exchange, '#');
      await channel.consume(queue, (message) => message && watch.#heardFromBroker(described, message), { noAck: true });
    }
    return watch;
  }

  /** Messages that were as the document has them, by name. */
  get seen(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#messages.seen);
  }

  /** An event of an event stream. */
  heardEvent({ id, data }: ReceivedEvent): void {
    this.#hold('JobStatus', data, { id });
  }

  /** What a WebSocket said, or was told. */
  heardOverSocket(message: { readonly type: string }): void {
    this.#hold(socketMessageName(message), message);
  }

  /** What a receiver of callbacks was sent. */
  heardCallback(headers: object, body: string): void {
    this.#hold('CallbackMessage', JSON.parse(body), headers);
  }

  /** Hears no more. @throws Error naming every message that the document does not have. */
  async stop(): Promise<void> {
    await this.#connection?.close();
    if (this.#problems.length > 0) throw new Error(this.#problems.slice(0, 10).join('\n'));
  }

  #heardFromBroker(channel: Channel, { content, fields, properties }: ConsumeMessage): void {
    const [name, ...others] = Object.keys(channel.messages);
    if (name === undefined || others.length > 0) throw new Error(`${channel.address} has not one message`);
    if (!addressPattern(channel).test(fields.routingKey)) this.#problems.push(`${name}: the routing key ${fields.routingKey}`);
    if (properties.contentType !== 'application/json') this.#problems.push(`${name}: the content type ${properties.contentType}`);
    this.#hold(name, JSON.parse(content.toString()), properties.headers);
  }

  #hold(name: string, payload: unknown, headers?: unknown): void {
    try {
      this.#messages.check(name, payload, headers);
    } catch (error) {
      this.#problems.push((error as Error).message);
    }
  }
}
