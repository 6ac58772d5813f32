import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { TopologyMode } from './topology.ts';

/** Settings of a RabbitMQ message bus. */
export interface RabbitMessageBusOptions {
  /** Nodes of one cluster, tried in turn. */
  readonly urls: readonly string[];
  /** Without it queue depths are unknown, and `queueDepths` is empty. */
  readonly managementUrl?: string | undefined;
  readonly mode: TopologyMode;
  readonly stageNames: readonly string[];
  /** Names the connections in the management UI. */
  readonly service: string;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Doorbells published and not yet confirmed, 1..65,535. Default 2,000. */
  readonly publishInFlightMax?: number;
  /** Default 10,000. */
  readonly publishTimeoutMs?: number;
  /** Default 10 (see ConnectionOptions). */
  readonly heartbeatSeconds?: number;
  /** Longest time between two attempts to get a connection or channel back. Default 10,000; the first is 300. */
  readonly retryMaxMs?: number;
  /** True: `start` fails when the broker cannot be reached within 60 s. Default: it goes on without, and connects when it can. */
  readonly awaitConnection?: boolean;
}
