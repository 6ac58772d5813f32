import type { RawData, WebSocket } from 'ws';
import { parsePosition } from '../../../shared/domain/job-position.ts';
import type { JobStore } from '../../../shared/ports/job-store.ts';
import type { Logger } from '../../../shared/ports/logger.ts';
import { type ClientMessage, clientMessage, type ServerMessage } from '../../../shared/schema/live-messages.ts';
import type { ViewDeps } from '../job-view.ts';
import { parseJson } from '../json-body.ts';
import type { JsonLimits } from '../json-shape.ts';
import { Problem, problemBody, toProblem } from '../problems.ts';
import { checkBody } from '../query.ts';
import type { StoreGuard } from '../store-guard.ts';
import type { EventStreamDeps } from './event-stream.ts';
import { type JobEvent, liveJob } from './job-event.ts';
import { JobFilters } from './job-filters.ts';
import { JobSubscription } from './job-subscription.ts';
import type { LeaveReason, LiveClient } from './live-clients.ts';

/** Jobs and filters that one connection may listen to. */
const MOST_JOBS = 1_000;
const MOST_FILTERS = 10;
/** A client that leaves so much unread is closed: it goes on with the ids of its last events. */
const MOST_UNREAD_BYTES = 1_048_576;
const MOST_MISTAKES = 20;
/** A client that does not answer our close is cut off. */
const CLOSE_WITHIN_MS = 2_000;

/** RFC 6455 section 7.4.1, and 1013 of its registry. */
export const CLOSE_CODES = {
  goingAway: 1001,
  unsupportedData: 1003,
  policyViolation: 1008,
  internalError: 1011,
  tryAgainLater: 1013,
} as const;

export interface JobSocketDeps extends EventStreamDeps, ViewDeps {
  readonly live: EventStreamDeps['live'] & { readonly fanOut: { watch(filters: JobFilters): () => void } };
  readonly store: Pick<JobStore, 'read'>;
  readonly guard: Pick<StoreGuard, 'run'>;
  readonly logger: Logger;
  readonly limits: JsonLimits;
}

/** One client that listens to many jobs over a WebSocket. */
export class JobSocket implements LiveClient {
  readonly kind = 'websocket';
  readonly #deps: JobSocketDeps;
  readonly #socket: WebSocket;
  readonly #who: { readonly tenant: string; readonly traceId: string };
  readonly #jobs = new Map<string, JobSubscription>();
  readonly #filters: JobFilters;
  #unwatch: (() => void) | undefined;
  #leave: (reason: LeaveReason) => void = () => {};
  #reason: LeaveReason = 'left';
  #heartbeat: NodeJS.Timeout | undefined;
  #cutOff: NodeJS.Timeout | undefined;
  #isAnswering = true;
  #mistakes = 0;
  #handling: Promise<void> = Promise.resolve();

  /** @param who whose jobs it may listen to, and the trace of the request that opened it. */
  constructor(deps: JobSocketDeps, socket: WebSocket, who: { readonly tenant: string; readonly traceId: string }) {
    this.#deps = deps;
    this.#socket = socket;
    this.#who = who;
    this.#filters = new JobFilters(who.tenant, {
      onEvent: (event, filters) => this.#tell(event, filters),
      onMissed: (filters) => this.#send({ type: 'gap', filters: [...filters] }),
    });
  }

  /** Takes messages from now on. @param leave counts it out. */
  begin(leave: (reason: LeaveReason) => void): void {
    this.#leave = leave;
    this.#socket.on('message', (data, isBinary) => this.#take(data, isBinary));
    this.#socket.on('pong', () => {
      this.#isAnswering = true;
    });
    this.#socket.on('error', (error) => this.#deps.logger.debug({ err: error, trace_id: this.#who.traceId }, 'a WebSocket broke'));
    this.#socket.on('close', () => this.#end());
    this.#heartbeat = setInterval(() => this.#beat(), this.#deps.live.heartbeatMs).unref();
  }

  shutDown(): void {
    this.#close(CLOSE_CODES.goingAway, 'the gateway stops', 'stopped');
  }

  /** Ends it: its key is not valid any more. */
  refuse(): void {
    this.#close(CLOSE_CODES.policyViolation, 'the API key is not valid any more', 'refused');
  }

  #beat(): void {
    if (!this.#isAnswering) this.#socket.terminate();
    this.#isAnswering = false;
    this.#socket.ping();
  }

  /** One message after the other: the next is not read from the connection before this one is answered. */
  #take(data: RawData, isBinary: boolean): void {
    if (isBinary) {
      this.#close(CLOSE_CODES.unsupportedData, 'messages are JSON in text frames', 'refused');
      return;
    }
    this.#socket.pause();
    this.#handling = this.#handling.then(() => this.#handle(data as Buffer)).finally(() => this.#socket.resume());
  }

  async #handle(data: Buffer): Promise<void> {
    let message: ClientMessage | undefined;
    try {
      message = checkBody(parseJson(data, { what: 'The message', line: 1 }, this.#deps.limits), clientMessage, 'The message');
      await this.#answer(message);
    } catch (error) {
      const problem = toProblem(error);
      if (problem.code === 'internal_error') this.#deps.logger.error({ err: error, trace_id: this.#who.traceId }, 'a message failed');
      this.#sendProblem(problem, message);
      this.#mistakes += 1;
      if (this.#mistakes >= MOST_MISTAKES) this.#close(CLOSE_CODES.policyViolation, 'too many messages that are wrong', 'refused');
    }
  }

  async #answer(message: ClientMessage): Promise<void> {
    const { request_id } = message;
    if (message.type === 'ping') this.#send({ type: 'pong', request_id });
    else if (message.type === 'unsubscribe') this.#unsubscribe(message);
    else if (message.filter) this.#addFilter(message.filter, request_id);
    else await this.#addJobs(message.jobs ?? [], request_id);
  }

  #addFilter(filter: NonNullable<(ClientMessage & { type: 'subscribe' })['filter']>, request_id: string | undefined): void {
    if (!this.#filters.has(filter.name) && this.#filters.size >= MOST_FILTERS) throw tooMany(`${MOST_FILTERS} filters`);
    this.#filters.put(filter);
    this.#unwatch ??= this.#deps.live.fanOut.watch(this.#filters);
    this.#send({ type: 'subscribed', filter: filter.name, request_id });
  }

  async #addJobs(wanted: readonly { job_id: string; after?: string | undefined }[], request_id: string | undefined): Promise<void> {
    const asked = new Map(wanted.map(({ job_id, after }) => [job_id, after]));
    const fresh = [...asked.keys()].filter((id) => !this.#jobs.has(id));
    if (this.#jobs.size + fresh.length > MOST_JOBS) throw tooMany(`${MOST_JOBS} jobs`);
    const { store, guard } = this.#deps;
    const found = await guard.run(async () => {
      const records = await store.read([...asked.keys()], 'majority');
      return Promise.all(records.filter(({ tenant }) => tenant === this.#who.tenant).map((record) => liveJob(this.#deps, record)));
    });
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    const ids = found.map(({ record }) => record.id);
    if (ids.length > 0) this.#send({ type: 'subscribed', job_ids: ids, request_id });
    const missing = [...asked.keys()].filter((id) => !ids.includes(id));
    if (missing.length > 0) this.#sendProblem(new Problem('job_not_found'), { request_id }, missing);
    for (const job of found) {
      const { id } = job.record;
      this.#jobs.get(id)?.end();
      const told = { onEvent: (event: JobEvent) => this.#tell(event), onEnd: this.#onJobEnd };
      const subscription = new JobSubscription(this.#deps, { id, seen: parsePosition(asked.get(id) ?? '') }, told);
      this.#jobs.set(id, subscription);
      subscription.begin(job);
    }
  }

  readonly #onJobEnd = (id: string, reason: 'ended' | 'removed'): void => {
    this.#jobs.delete(id);
    this.#send({ type: 'unsubscribed', job_ids: [id], reason });
  };

  #unsubscribe({ job_ids = [], filter, request_id }: ClientMessage & { type: 'unsubscribe' }): void {
    for (const id of job_ids) {
      this.#jobs.get(id)?.end();
      this.#jobs.delete(id);
    }
    if (filter !== undefined) this.#filters.remove(filter);
    if (this.#filters.size === 0) this.#stopWatching();
    this.#send({ type: 'unsubscribed', ...(filter === undefined ? { job_ids } : { filter }), reason: 'asked', request_id });
  }

  #tell({ id, status }: JobEvent, filters?: readonly string[]): void {
    this.#deps.live.clients.counts.events.websocket += 1;
    this.#send({ type: 'event', id, ...(filters && { filters: [...filters] }), job: status as never });
  }

  #sendProblem(problem: Problem, message: { readonly request_id?: string | undefined } = {}, job_ids?: string[]): void {
    const error = problemBody(problem, this.#who.traceId) as { code: string };
    this.#send({ type: 'error', request_id: message.request_id, ...(job_ids && { job_ids }), error });
  }

  #send(message: ServerMessage): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#socket.send(JSON.stringify(message));
    if (this.#socket.bufferedAmount > MOST_UNREAD_BYTES) this.#close(CLOSE_CODES.tryAgainLater, 'too much is unread', 'slow');
  }

  #close(code: number, reason: string, why: LeaveReason): void {
    if (this.#cutOff) return;
    this.#reason = why;
    this.#socket.close(code, reason);
    this.#cutOff = setTimeout(() => this.#socket.terminate(), CLOSE_WITHIN_MS);
    this.#stopListening();
  }

  #end(): void {
    clearTimeout(this.#cutOff);
    this.#stopListening();
    this.#leave(this.#reason);
  }

  #stopListening(): void {
    clearInterval(this.#heartbeat);
    for (const subscription of this.#jobs.values()) subscription.end();
    this.#jobs.clear();
    this.#stopWatching();
  }

  #stopWatching(): void {
    this.#unwatch?.();
    this.#unwatch = undefined;
  }
}

function tooMany(limit: string): Problem {
  return new Problem('too_many_subscriptions', { detail: `A connection may listen to ${limit} at the same time.` });
}
