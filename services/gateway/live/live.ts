import type { Service } from '../../../shared/ports/service.ts';
import { JobFanOut, type JobFanOutOptions } from './job-fan-out.ts';
import { type LiveClientLimits, LiveClients } from './live-clients.ts';

/** Below the 15 s that proxies and clients are promised (docs/http.md). */
const HEARTBEAT_MS = 10_000;

export interface LiveLimits extends LiveClientLimits {
  /** A connection that has nothing to tell says so that often. Default 10,000. */
  readonly heartbeatMs?: number;
}

/** All that listens in a gateway. Stopped before its listeners, which else wait for streams that never end. */
export class Live implements Service {
  readonly name = 'live';
  readonly fanOut: JobFanOut;
  readonly clients: LiveClients;
  readonly heartbeatMs: number;

  constructor(fanOut: JobFanOutOptions, { heartbeatMs = HEARTBEAT_MS, ...limits }: LiveLimits) {
    this.fanOut = new JobFanOut(fanOut);
    this.clients = new LiveClients(limits);
    this.heartbeatMs = heartbeatMs;
  }

  async start(): Promise<void> {}

  /** Ends all streams. What they were fed by is stopped by itself (`fanOut`): the listeners must close at once, not wait for it. */
  async stop(): Promise<void> {
    this.clients.shutDown();
  }
}
