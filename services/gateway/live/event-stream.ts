import type { Writable } from 'node:stream';
import type { JobPosition } from '../../../shared/domain/job-position.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import type { ViewDeps } from '../job-view.ts';
import { eventsAfter, type JobEvent, type LiveJob } from './job-event.ts';
import type { JobFanOut, JobFollower } from './job-fan-out.ts';
import type { LeaveReason, LiveClient, LiveClients, LiveOwner } from './live-clients.ts';

/** After a connection that broke, a client tries again this long after. */
const RETRY_MS = 2_000;
/** Clients of a gateway that stops come back over this time, not all at once. */
const RETRY_SPREAD_MS = 2_000;
const LEAST_RETRY_MS = 200;

export interface EventStreamDeps extends Pick<ViewDeps, 'pipelines'> {
  readonly live: { readonly fanOut: Pick<JobFanOut, 'follow'>; readonly clients: LiveClients; readonly heartbeatMs: number };
  readonly clock: Pick<Clock, 'now' | 'random'>;
}

const textOf = ({ id, status }: JobEvent) => `id: ${id}\ndata: ${JSON.stringify(status)}\n\n`;

/**
 * One client that listens to one job over server-sent events. What its connection does not take is not kept: while it is full
 * only the job as it is now waits, and the steps that led there are told from the record then.
 */
export class EventStream implements JobFollower, LiveClient {
  readonly kind = 'sse';
  readonly #deps: EventStreamDeps;
  readonly #res: Writable;
  #seen: JobPosition | undefined;
  #waiting: LiveJob | undefined;
  #isFull = false;
  #isOver = false;
  #unfollow: () => void = () => {};
  #leave: (reason: LeaveReason) => void = () => {};
  #heartbeat: NodeJS.Timeout | undefined;

  /** @param seen position of the last event that the client has had. */
  constructor(deps: EventStreamDeps, res: Writable, seen: JobPosition | undefined) {
    this.#deps = deps;
    this.#res = res;
    this.#seen = seen;
  }

  /** Sends what is new of the job, and goes on until it has ended. @throws Problem where there is no room. */
  begin(job: LiveJob, owner: LiveOwner): void {
    const { live } = this.#deps;
    this.#leave = live.clients.enter(this, owner);
    this.#res.once('close', () => this.#close(this.#isFull ? 'slow' : 'left'));
    this.#res.on('error', () => {});
    this.#res.on('drain', () => {
      this.#isFull = false;
      this.#send();
    });
    this.#write(`retry: ${RETRY_MS}\n\n`);
    this.#heartbeat = setInterval(() => this.#isFull || this.#write(':\n\n'), live.heartbeatMs).unref();
    this.update(job);
    if (!this.#isOver) this.#unfollow = live.fanOut.follow(job.record.id, this);
  }

  update(job: LiveJob): void {
    if (this.#waiting) this.#deps.live.clients.counts.coalesced.sse += 1;
    this.#waiting = job;
    this.#send();
  }

  gone(): void {
    this.#end('ended');
  }

  shutDown(): void {
    const retryMs = LEAST_RETRY_MS + Math.floor(this.#deps.clock.random() * RETRY_SPREAD_MS);
    if (!this.#isOver) this.#write(`retry: ${retryMs}\n\n`);
    this.#end('stopped');
  }

  /** Ends it: its key is not valid any more. */
  refuse(): void {
    if (!this.#isOver) this.#end('refused');
  }

  #send(): void {
    if (this.#isFull || this.#isOver || !this.#waiting) return;
    const { live, clock } = this.#deps;
    const job = this.#waiting;
    this.#waiting = undefined;
    const events = eventsAfter(this.#deps, this.#seen, job, clock.now());
    const last = events.at(-1);
    if (last) {
      this.#seen = last.position;
      live.clients.counts.events.sse += events.length;
      this.#write(events.map(textOf).join(''));
    }
    if (!job.record.active) this.#end('ended');
  }

  #write(text: string): void {
    this.#isFull = !this.#res.write(text);
  }

  #end(reason: LeaveReason): void {
    this.#res.end();
    this.#close(reason);
  }

  #close(reason: LeaveReason): void {
    this.#isOver = true;
    clearInterval(this.#heartbeat);
    this.#unfollow();
    this.#leave(reason);
  }
}
