import type { Bell, Lane } from '../domain/job.ts';

/** A doorbell message to publish. */
export interface OutgoingBell {
  /** Name of the stage, for routing. */
  readonly stageName: string;
  /** Index of the stage, in the message. */
  readonly stage: number;
  readonly lane: Lane;
  readonly type: string;
  /** One bell, or up to 100 in lanes bulk and overflow. */
  readonly bells: readonly Bell[];
  /** On the store's clock, for the audit's watermark (shared/domain/watermark.ts); absent while that is not known. */
  readonly publishedAt?: Date;
  /** A dead letter goes to the stage's dead-letter exchange instead, with these facts in its headers. */
  readonly dead?: { readonly code: string; readonly message: string; readonly attempts: number };
}

/**
 * `confirmed`: in a queue. `returned`: no queue is bound (the topology is broken). `refused`: the broker said no.
 * `unknown`: it may or may not arrive.
 */
export type PublishOutcome = 'confirmed' | 'returned' | 'refused' | 'unknown';

/** A doorbell message as delivered. */
export interface Delivery {
  readonly stage: number;
  readonly bells: readonly Bell[];
  readonly redelivered: boolean;
  readonly lane: Lane;
  /** Name of the queue it came from. */
  readonly queue: string;
  /** From the routing key, where it is one of ours: a hint for batching, never a fact (bells may be moved by hand). */
  readonly typeHint?: string;
  /** On the store's clock; absent when its publisher did not know it, or a person published it by hand. */
  readonly publishedAt?: Date;
  /** Acknowledges on the channel that delivered; a no-op once that channel is gone. */
  ack(): void;
}

export interface ConsumeOptions {
  /** Stage names whose queues are consumed. */
  readonly stages: readonly string[];
  /** Unacknowledged messages per lane: at most this many are held here. */
  readonly prefetch: Readonly<Record<Lane, number>>;
  /** Called for each well-formed delivery; malformed ones go to the dead-letter queue with the reason in a header. */
  onDelivery(delivery: Delivery): void;
}

export interface Consumer {
  /** True while every queue has a live consumer on a live channel. */
  isHealthy(): boolean;
  /** Stops deliveries; those held stay unacknowledged until `close`. */
  cancel(): Promise<void>;
  /** As `cancel`, and what the broker had sent by then is delivered still; resolves once nothing more comes. */
  windDown(): Promise<void>;
  /** Closes the channel: what was not acknowledged is delivered again elsewhere. */
  close(): Promise<void>;
}

/** Events that users' systems may follow; best effort beyond the outbox of terminal events. */
export interface JobEvent {
  readonly id: string;
  readonly jobId: string;
  readonly tenant: string;
  readonly type: string;
  /** `completed`, `failed`, `canceled`, `expired`. */
  readonly event: string;
  readonly at: Date;
}

/** One message found in a dead-letter queue. */
export interface DeadLetter {
  readonly stage: number;
  readonly bell: Bell;
  /** Publishes it again to the tail (confirmed), then acknowledges. */
  keep(): Promise<void>;
  /** Acknowledges: it is not valid any more. */
  drop(): void;
}

/** What a walk of dead letters does with those that it does not show. */
export interface WalkOthers {
  /** A second copy of a letter of this walk. Default: dropped. */
  copy?(letter: { readonly stage: number; readonly bell: Bell }): 'keep' | 'drop';
  /** A message that cannot be read; it is kept. */
  unreadable?(): void;
}

export interface QueueDepth {
  readonly ready: number;
  readonly unacked: number;
  /** Absent where the broker does not tell. */
  readonly consumers?: number;
  /** Messages a second by the broker's last figures: those that came, and those that were acknowledged. Absent where it has none. */
  readonly inPerSecond?: number;
  readonly outPerSecond?: number;
}

/** What a walk over dead letters came to, in messages. */
export interface Walked {
  readonly met: number;
  /** Of those: in the queue again. */
  readonly putBack: number;
  /** False when it ended before its time, since somebody else took letters meanwhile. */
  readonly isUndisturbed: boolean;
}

/** Doorbells. `publish` never throws: what cannot be sent is `unknown` or `refused`. */
export interface MessageBus {
  /** Outcomes in the order given. Bounded: waits for room in flight, and answers `refused` at once while disconnected or blocked by an alarm. */
  publish(messages: readonly OutgoingBell[]): Promise<readonly PublishOutcome[]>;
  publishEvents(events: readonly JobEvent[]): Promise<readonly PublishOutcome[]>;
  consume(options: ConsumeOptions): Promise<Consumer>;
  /** True while messages can be published: connected and not blocked by an alarm. */
  canPublish(): boolean;
  /** Walks at most `limit` dead letters of a stage. */
  walkDeadLetters(stageName: string, limit: number, visit: (letter: DeadLetter) => Promise<void>, others?: WalkOthers): Promise<Walked>;
  /** Messages in a dead-letter queue. */
  deadLetterDepth(stageName: string): Promise<number>;
  /** The queue that carries a stage's lane in this topology. */
  queueOf(stageName: string, lane: Lane): string;
  /** Ready and unacknowledged messages by queue name, from the management API. @throws Error when it is away. */
  queueDepths(): Promise<ReadonlyMap<string, QueueDepth>>;
  /** Removes everything from a stage's dead-letter queue. */
  purgeDeadLetters(stageName: string): Promise<number>;
}
