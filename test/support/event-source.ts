import { type Agent, type ClientRequest, get, type IncomingMessage } from 'node:http';

/** One event as it came. */
export interface ReceivedEvent {
  readonly id: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface EventSourceOptions {
  readonly agent?: Agent;
  /** As a browser has it that was reloaded. */
  readonly lastEventId?: string;
  /** Before it connects again, whatever the server says. */
  readonly retryMs?: number;
  /** After 503 it comes back when Retry-After says, which browsers leave to the page. */
  readonly retriesWhenRefused?: boolean;
  /** Where to connect next time, e.g. to another gateway. Default: the same. */
  nextUrl?(): string;
  onEvent?(event: ReceivedEvent): void;
}

/**
 * An EventSource as browsers have it (HTML Living Standard, 9.2): it connects again after `retry`, with the id of its last event,
 * until it is answered 204 or anything but 200.
 */
export class EventSourceClient {
  readonly events: ReceivedEvent[] = [];
  /** Comments received, heartbeats for instance. */
  comments = 0;
  connections = 0;
  retryMs = 3_000;
  /** Status of the answer after which it gave up. */
  closedBy: number | undefined;
  lastAnswer: IncomingMessage | undefined;
  lastEventId: string;
  isConnected = false;
  readonly #url: () => string;
  readonly #options: EventSourceOptions;
  #request: ClientRequest | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  #rest = '';

  constructor(url: string, options: EventSourceOptions = {}) {
    this.#url = options.nextUrl ?? (() => url);
    this.#options = options;
    this.lastEventId = options.lastEventId ?? '';
    this.#connect();
  }

  /** The statuses received. */
  get statuses(): readonly unknown[] {
    return this.events.map(({ data }) => data['status']);
  }

  /** Ends it for good. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#request?.destroy();
  }

  /** The connection breaks; it comes back by itself. */
  breakOff(): void {
    this.#request?.destroy();
  }

  /** Reads no more until `goOn`. */
  stall(): void {
    this.lastAnswer?.pause();
  }

  goOn(): void {
    this.lastAnswer?.resume();
  }

  #connect(): void {
    if (this.#isClosed) return;
    this.connections += 1;
    this.#rest = '';
    const { agent } = this.#options;
    const headers = { accept: 'text/event-stream', ...(this.lastEventId !== '' && { 'last-event-id': this.lastEventId }) };
    const request = get(this.#url(), { headers, ...(agent && { agent }) }, (answer) => this.#take(answer));
    this.#request = request;
    request.once('error', () => {});
    request.once('close', () => this.#lost());
  }

  #take(answer: IncomingMessage): void {
    this.lastAnswer = answer;
    answer.once('error', () => {});
    if (answer.statusCode === 503 && this.#options.retriesWhenRefused) {
      answer.resume();
      return;
    }
    if (answer.statusCode !== 200) {
      this.closedBy = answer.statusCode;
      answer.resume();
      this.#isClosed = true;
      return;
    }
    this.isConnected = true;
    answer.setEncoding('utf8').on('data', (part: string) => this.#read(part));
  }

  #lost(): void {
    this.isConnected = false;
    if (!this.#isClosed) this.#timer = setTimeout(() => this.#connect(), this.#options.retryMs ?? this.retryMs);
  }

  #read(part: string): void {
    const blocks = (this.#rest + part).split('\n\n');
    this.#rest = blocks.pop()!;
    for (const block of blocks) this.#readBlock(block);
  }

  #readBlock(block: string): void {
    let [id, data] = [this.lastEventId, ''];
    for (const line of block.split('\n')) {
      const [, field = '', value = ''] = /^([^:]*): ?(.*)$/.exec(line) ?? [];
      if (field === '') this.comments += 1;
      else if (field === 'retry') this.retryMs = Number(value);
      else if (field === 'id') id = value;
      else if (field === 'data') data += value;
    }
    this.lastEventId = id;
    if (data === '') return;
    const event = { id, data: JSON.parse(data) as ReceivedEvent['data'] };
    this.events.push(event);
    this.#options.onEvent?.(event);
  }
}
