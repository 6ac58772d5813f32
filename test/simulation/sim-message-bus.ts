import type { Lane } from '../../shared/domain/job.ts';
import type {
  ConsumeOptions,
  Consumer,
  DeadLetter,
  Delivery,
  JobEvent,
  MessageBus,
  OutgoingBell,
  PublishOutcome,
  QueueDepth,
  Walked,
} from '../../shared/ports/message-bus.ts';
import type { MemoryBroker } from '../support/memory-broker.ts';
import { MemoryMessageBus } from '../support/memory-message-bus.ts';
import type { CallFault, MessageFate } from './plan.ts';
import type { CallPoint, SimProcess } from './sim-process.ts';
import type { Timeline } from './timeline.ts';

/** What is wrong with the broker now. */
export interface BrokerState {
  isUnroutable: boolean;
  isManagementAway: boolean;
}

export interface SimBusDeps {
  readonly process: SimProcess;
  readonly broker: MemoryBroker;
  readonly timeline: Timeline;
  readonly state: BrokerState;
  /** Told of each event that reaches its exchange. */
  onEvent(event: JobEvent): void;
  /** Told of each message that the process is given. */
  onDelivery(process: SimProcess, delivery: Delivery): void;
}

/** The message bus of one process: a connection of its own to the broker, over the network of the simulation. */
export class SimMessageBus implements MessageBus {
  readonly #deps: SimBusDeps;
  readonly #connection: MemoryMessageBus;
  /** What is on its way when a connection breaks arrives, or not. */
  readonly #wire: MemoryMessageBus;
  #epoch = 0;

  constructor(deps: SimBusDeps) {
    const { broker, process } = deps;
    this.#deps = deps;
    this.#connection = new MemoryMessageBus({ broker, clock: process.clock });
    this.#wire = new MemoryMessageBus({ broker, clock: process.clock });
  }

  get isConnected(): boolean {
    return this.#connection.isConnected;
  }

  set isConnected(value: boolean) {
    if (value !== this.#connection.isConnected) this.#epoch += 1;
    this.#connection.isConnected = value;
  }

  set isBlocked(value: boolean) {
    this.#connection.isBlocked = value;
  }

  canPublish(): boolean {
    return this.#deps.process.isAlive && this.#connection.canPublish();
  }

  async publish(messages: readonly OutgoingBell[]): Promise<readonly PublishOutcome[]> {
    if (!this.canPublish()) return messages.map(() => 'refused');
    const epoch = this.#epoch;
    const outcomes = await this.#call('publish', { messages: messages.length, detail: () => messages.map(describe).join(' ') }, (fault) =>
      this.#publishAll(messages, fault, epoch),
    );
    // The confirms of a connection that broke meanwhile never came.
    return epoch === this.#epoch ? outcomes : outcomes.map((one) => (one === 'refused' ? one : 'unknown'));
  }

  async publishEvents(events: readonly JobEvent[]): Promise<readonly PublishOutcome[]> {
    if (!this.canPublish() || events.length === 0) return events.map(() => 'refused');
    const epoch = this.#epoch;
    return this.#call('publishEvents', { messages: events.length, detail: () => events.map(({ id }) => id).join(' ') }, async ({ fates }) =>
      events.map((event, index) => {
        const fate = fates?.[index];
        if (fate === 'refuse' || fate === 'return') return 'refused';
        if (epoch !== this.#epoch || fate === 'unknown_lost') return 'unknown';
        this.#deps.onEvent(event);
        return fate === 'unknown' ? 'unknown' : 'confirmed';
      }),
    );
  }

  async consume(options: ConsumeOptions): Promise<Consumer> {
    const { process, timeline } = this.#deps;
    let lastMs = 0;
    const onDelivery = (delivery: Delivery): void => {
      // In order, as on a channel.
      lastMs = Math.max(lastMs, timeline.nowMs + process.draws.int(0, 3));
      timeline.after(lastMs - timeline.nowMs, process, () => {
        this.#deps.onDelivery(process, delivery);
        options.onDelivery(this.#overNetwork(delivery));
      });
    };
    const consumer = await this.#connection.consume({ ...options, onDelivery });
    return {
      isHealthy: () => consumer.isHealthy(),
      cancel: () => this.#call('cancel', {}, () => consumer.cancel()),
      windDown: () => this.#call('windDown', {}, () => consumer.windDown()),
      close: () => this.#call('close', {}, () => consumer.close()),
    };
  }

  walkDeadLetters(stageName: string, limit: number, visit: (letter: DeadLetter) => Promise<void>): Promise<Walked> {
    return this.#connection.walkDeadLetters(stageName, limit, (letter) => visit({ ...letter, keep: () => this.#keep(letter) }));
  }

  deadLetterDepth(stageName: string): Promise<number> {
    return this.#call('deadLetterDepth', {}, () => this.#connection.deadLetterDepth(stageName));
  }

  purgeDeadLetters(stageName: string): Promise<number> {
    return this.#call('purgeDeadLetters', {}, () => this.#connection.purgeDeadLetters(stageName));
  }

  queueOf(stageName: string, lane: Lane): string {
    return this.#connection.queueOf(stageName, lane);
  }

  queueDepths(): Promise<ReadonlyMap<string, QueueDepth>> {
    return this.#call('queueDepths', {}, async ({ fail }) => {
      if (fail || this.#deps.state.isManagementAway) throw new ManagementAwayError('The management API is away');
      return this.#connection.queueDepths();
    });
  }

  /** Its process is gone: the broker notices at once. */
  drop(): void {
    this.isConnected = false;
  }

  #call<T>(what: string, more: Partial<CallPoint>, work: (fault: CallFault) => Promise<T>): Promise<T> {
    return this.#deps.process.call({ port: 'bus', what, ...more }, work);
  }

  async #publishAll(messages: readonly OutgoingBell[], { fates }: CallFault, epoch: number): Promise<readonly PublishOutcome[]> {
    const isBroken = epoch !== this.#epoch;
    const arrives = !isBroken || this.#deps.process.draws.chance(0.5);
    const outcomes: PublishOutcome[] = [];
    for (const [index, message] of messages.entries()) {
      outcomes.push(arrives ? await this.#publishOne(message, fates?.[index]) : 'unknown');
    }
    return outcomes;
  }

  async #publishOne(message: OutgoingBell, fate: MessageFate | undefined): Promise<PublishOutcome> {
    if (fate === 'refuse') return 'refused';
    if (fate === 'return' || this.#deps.state.isUnroutable) return 'returned';
    if (fate === 'unknown_lost') return 'unknown';
    if (fate === 'lose') return 'confirmed';
    const [outcome] = await this.#wire.publish([message]);
    if (fate === 'duplicate') await this.#wire.publish([message]);
    return fate === 'unknown' ? 'unknown' : outcome!;
  }

  async #keep(letter: DeadLetter): Promise<void> {
    await this.#call('keep', { detail: () => letter.bell.id }, async ({ fail }) => {
      if (fail !== 'before') await letter.keep();
      if (fail) throw new UnknownLetterError('A dead letter may not have been put back');
    });
  }

  #overNetwork(delivery: Delivery): Delivery {
    const { process, timeline } = this.#deps;
    const ack = (): void => {
      if (process.isAlive) timeline.after(process.draws.int(0, 3), undefined, () => delivery.ack());
    };
    return { ...delivery, ack };
  }
}

/** Faults that a task may report as an error. */
export class ManagementAwayError extends Error {}
export class UnknownLetterError extends Error {}

function describe({ stageName, stage, lane, bells, dead }: OutgoingBell): string {
  const rung = bells.map(({ id, gen }) => `${id.slice(-12)} gen ${gen}`).join(' + ');
  return `${dead ? 'dead letter' : 'bell'} ${stageName}/${stage} ${lane} ${rung}`;
}
