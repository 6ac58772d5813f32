import { LANES } from '../../shared/domain/job.ts';
import type { OutgoingBell, PublishOutcome } from '../../shared/ports/message-bus.ts';
import type { Envelope } from '../../shared/rabbit/bell-message.ts';
import { queueOf, SINGLE, STAGES_EXCHANGE, type Topology, type TopologyMode, topologyOf } from '../../shared/rabbit/topology.ts';

/** A message in a queue. */
export interface StoredMessage {
  readonly envelope: Envelope;
  /** Order in which it came; a message given back takes its old place. */
  readonly position: number;
  deliveries: number;
}

/** What a queue hands its messages to. */
export interface Subscriber {
  /** Takes the message and holds it until it is acknowledged. @returns false when it has no room. */
  offer(message: StoredMessage): boolean;
}

/**
 * What happens to a published doorbell. `lose`: confirmed, and gone. `duplicate`: confirmed, and there twice. `refuse`: not
 * there. `unknown` and `unknown_lost`: the publisher cannot tell; there, or not.
 */
export type Fate = 'deliver' | 'lose' | 'duplicate' | 'refuse' | 'unknown' | 'unknown_lost';

/** Faults to play; each hook is asked once per message. */
export interface MemoryBusHooks {
  fate?(message: OutgoingBell): Fate;
  /** Time on the way to its queue, in ms of the clock; unequal ones reorder. Default 0. */
  delayMs?(message: OutgoingBell): number;
}

/** A broker in memory, with the names and routing of the real topology. Queues and confirms work in microtasks. */
export class MemoryBroker {
  readonly mode: TopologyMode;
  readonly stageNames: readonly string[];
  readonly #topology: Topology;
  readonly #queues = new Map<string, { ready: StoredMessage[]; unacked: Set<StoredMessage>; subscribers: Subscriber[] }>();
  #positions = 0;
  #isPumping = false;

  constructor({ mode = 'per-stage', stageNames }: { mode?: TopologyMode; stageNames: readonly string[] }) {
    this.mode = mode;
    this.stageNames = stageNames;
    this.#topology = topologyOf({ mode, stageNames });
    for (const name of [...this.#topology.stageQueues, ...this.#topology.deadLetterQueues]) {
      this.#queues.set(name, { ready: [], unacked: new Set(), subscribers: [] });
    }
  }

  /** Routes a message. @returns `confirmed`, or `returned` when no queue is bound. */
  accept(envelope: Envelope): PublishOutcome {
    const queues = this.#route(envelope);
    for (const name of queues) this.#append(name, envelope);
    return queues.length > 0 || !envelope.mandatory ? 'confirmed' : 'returned';
  }

  /** Puts a raw message into a queue, as a person with the management UI would. */
  inject(queue: string, body: string, headers: Record<string, unknown> = {}): void {
    this.#append(queue, { exchange: '', routingKey: queue, content: Buffer.from(body), headers, mandatory: true, properties: {} });
  }

  names(): readonly string[] {
    return [...this.#queues.keys()];
  }

  ready(queue: string): readonly StoredMessage[] {
    return this.#of(queue).ready;
  }

  unackedCount(queue: string): number {
    return this.#of(queue).unacked.size;
  }

  /** Takes the first message, to be acknowledged or given back. */
  take(queue: string): StoredMessage | undefined {
    const { ready, unacked } = this.#of(queue);
    const message = ready.shift();
    if (!message) return undefined;
    message.deliveries += 1;
    unacked.add(message);
    return message;
  }

  acknowledge(queue: string, message: StoredMessage): void {
    this.#of(queue).unacked.delete(message);
    this.pump();
  }

  giveBack(queue: string, messages: Iterable<StoredMessage>): void {
    const { ready, unacked } = this.#of(queue);
    for (const message of messages) if (unacked.delete(message)) ready.push(message);
    ready.sort((a, b) => a.position - b.position);
    this.pump();
  }

  /** Removes what is ready. @returns how many. A purge, or a broker that loses its disk. */
  purge(queue: string): number {
    return this.#of(queue).ready.splice(0).length;
  }

  subscribe(queue: string, subscriber: Subscriber): void {
    this.#of(queue).subscribers.push(subscriber);
    this.pump();
  }

  unsubscribe(queue: string, subscriber: Subscriber): void {
    const { subscribers } = this.#of(queue);
    const index = subscribers.indexOf(subscriber);
    if (index >= 0) subscribers.splice(index, 1);
  }

  /** Hands out what can be handed out, soon: never inside the caller. */
  pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    queueMicrotask(() => {
      this.#isPumping = false;
      for (const name of this.#queues.keys()) this.#handOut(name);
    });
  }

  #handOut(name: string): void {
    const { ready, unacked, subscribers } = this.#of(name);
    // In turn, as a broker does it.
    for (let refusals = 0; ready.length > 0 && refusals < subscribers.length; ) {
      const subscriber = subscribers.shift()!;
      subscribers.push(subscriber);
      const message = ready[0]!;
      message.deliveries += 1;
      unacked.add(message);
      ready.shift();
      if (subscriber.offer(message)) {
        refusals = 0;
        continue;
      }
      refusals += 1;
      message.deliveries -= 1;
      unacked.delete(message);
      ready.unshift(message);
    }
  }

  #append(queue: string, envelope: Envelope): void {
    this.#of(queue).ready.push({ envelope, position: ++this.#positions, deliveries: 0 });
    this.pump();
  }

  #route({ exchange, routingKey }: Envelope): string[] {
    if (exchange === '') return this.#queues.has(routingKey) ? [routingKey] : [];
    if (exchange !== STAGES_EXCHANGE)
      return this.#topology.deadLetterBindings.filter((one) => one.exchange === exchange).map(({ queue }) => queue);
    const stage = this.mode === 'single' ? SINGLE : routingKey.split('.')[1]!;
    if (!this.stageNames.includes(stage) && stage !== SINGLE) return [];
    const lane = LANES.find((one) => one === routingKey.split('.')[2]);
    return lane ? [queueOf(this.mode, stage, lane)] : [];
  }

  #of(queue: string): { ready: StoredMessage[]; unacked: Set<StoredMessage>; subscribers: Subscriber[] } {
    const found = this.#queues.get(queue);
    if (!found) throw new Error(`There is no queue ${queue}`);
    return found;
  }
}
