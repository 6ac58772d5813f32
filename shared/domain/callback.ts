/** Ends of a job that a callback may be for, as the events say them. */
export const CALLBACK_EVENTS = ['completed', 'failed', 'canceled', 'expired'] as const;
export type CallbackEvent = (typeof CALLBACK_EVENTS)[number];

/** Whom to tell of a job's end. */
export interface JobCallback {
  readonly url: string;
  /** Absent: all. */
  readonly events?: readonly CallbackEvent[];
}

/** `delivered` and `dead` are final. */
export const DELIVERY_STATES = ['pending', 'delivered', 'dead'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** One try to deliver a callback. */
export interface DeliveryAttempt {
  readonly at: Date;
  /** What was answered; absent where nothing was. */
  readonly status?: number;
  /** Why it failed, as a sentence. */
  readonly reason?: string;
  readonly tookMs: number;
}

/** One end of a job that has to be told to its callback. */
export interface NewDelivery {
  /** `job:seq`, the id of the event; the receiver's `webhook-id`. */
  readonly id: string;
  readonly jobId: string;
  readonly tenant: string;
  readonly url: string;
  /** Host and port of the URL. */
  readonly host: string;
  readonly event: CallbackEvent;
  /** What is sent, the same at every attempt. */
  readonly body: string;
  /** When its job is removed. */
  readonly expireAt?: Date;
}

/** A delivery and what became of it. */
export interface Delivery extends NewDelivery {
  readonly state: DeliveryState;
  /** Begun so far; of one whose sender died nothing stands in the log. */
  readonly attempts: number;
  /** The last 20, newest last. */
  readonly log: readonly DeliveryAttempt[];
  readonly createdAt: Date;
  /** When the next attempt is due, while it is pending; when another sender may take over, while it is being sent. */
  readonly dueAt?: Date;
  readonly endedAt?: Date;
}

const WAIT_FACTOR = 4;
const LONGEST_WAIT_MS = 12 * 3_600_000;
const LONGEST_ASKED_MS = 24 * 3_600_000;

/**
 * Wait before the next attempt in ms: base, then four times as long each time, up to 12 h, half of it by chance; or what the receiver
 * asked for by Retry-After, up to 24 h, where that is longer.
 * @param attempt the one that failed, from 1. @param random 0 <= random < 1.
 */
export function callbackWaitMs(baseMs: number, attempt: number, random: number, askedMs = 0): number {
  const ceiling = Math.min(LONGEST_WAIT_MS, baseMs * WAIT_FACTOR ** Math.min(attempt - 1, 20));
  return Math.max(Math.floor(ceiling / 2 + (random * ceiling) / 2), Math.min(askedMs, LONGEST_ASKED_MS));
}
