import type { JobPosition } from '../../../shared/domain/job-position.ts';
import type { EventStreamDeps } from './event-stream.ts';
import { eventsAfter, type JobEvent, type LiveJob } from './job-event.ts';
import type { JobFollower } from './job-fan-out.ts';

/** One job that a WebSocket client listens to. */
export class JobSubscription implements JobFollower {
  readonly #deps: EventStreamDeps;
  readonly #id: string;
  readonly #onEvent: (event: JobEvent) => void;
  readonly #onEnd: (id: string, reason: 'ended' | 'removed') => void;
  #seen: JobPosition | undefined;
  #unfollow: () => void = () => {};
  #isOver = false;

  constructor(
    deps: EventStreamDeps,
    job: { readonly id: string; readonly seen: JobPosition | undefined },
    told: { onEvent(event: JobEvent): void; onEnd(id: string, reason: 'ended' | 'removed'): void },
  ) {
    this.#deps = deps;
    this.#id = job.id;
    this.#seen = job.seen;
    this.#onEvent = told.onEvent;
    this.#onEnd = told.onEnd;
  }

  begin(job: LiveJob): void {
    this.update(job);
    if (!this.#isOver) this.#unfollow = this.#deps.live.fanOut.follow(this.#id, this);
  }

  update(job: LiveJob): void {
    if (this.#isOver) return;
    for (const event of eventsAfter(this.#deps, this.#seen, job, this.#deps.clock.now())) {
      this.#seen = event.position;
      this.#onEvent(event);
    }
    if (!job.record.active) this.#finish('ended');
  }

  gone(): void {
    this.#finish('removed');
  }

  end(): void {
    this.#isOver = true;
    this.#unfollow();
  }

  #finish(reason: 'ended' | 'removed'): void {
    if (this.#isOver) return;
    this.end();
    this.#onEnd(this.#id, reason);
  }
}
