import type { Breaker } from '../control/breaker.ts';
import type { Pause } from '../control/pause.ts';
import type { JobRecord } from '../job.ts';
import type { JobTypeSpec } from '../pipeline.ts';
import type { CalendarWindow } from '../windows/calendar-window.ts';

/** What the consumers of a queue have reported of themselves (shared/domain/watermark.ts). */
export interface ReportedConsumers {
  /** Those that have reported within 15 s. */
  readonly live: number;
  /** The last report of any of them, within the last hour. */
  readonly lastSeenAt?: Date;
}

/** What the broker says of a queue. */
export interface BrokerQueue {
  readonly ready: number;
  readonly unacked: number;
  readonly consumers?: number;
}

/** Everything that an explanation rests on. What is not known is absent, and nothing is said of it. */
export interface ExplainFacts {
  readonly record: JobRecord;
  readonly type: JobTypeSpec;
  /** The store's clock. */
  readonly now: Date;
  /** Name of the queue that the job's bell goes to. */
  readonly queue: string;
  /** Whether this process can publish to the broker. */
  readonly canPublish: boolean;
  readonly consumers?: ReportedConsumers;
  readonly broker?: BrokerQueue;
  /** The pause that holds the job back. */
  readonly pause?: Pause;
  /** The breaker that does: it is open. */
  readonly breaker?: Breaker;
  /** Windows by calendar, where the job is queued or off-peak. */
  readonly windows?: readonly CalendarWindow[];
  /** From 1. */
  readonly position?: number;
  /** Of a FAILED job: whether a retry can help. */
  readonly isRetryAvailable?: boolean;
}
