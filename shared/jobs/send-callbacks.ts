import { callbackWaitMs, type DeliveryAttempt } from '../domain/callback.ts';
import type { CallbackSigner } from '../ports/callback-signer.ts';
import type { Clock } from '../ports/clock.ts';
import type { DeliveryOutcome, DeliveryStore, DueDelivery, TakenDelivery } from '../ports/delivery-store.ts';
import type { JobStore } from '../ports/job-store.ts';
import type { Logger } from '../ports/logger.ts';
import type { OutgoingAnswer, OutgoingHttp } from '../ports/outgoing-http.ts';

export interface CallbackSettings {
  readonly maxAttempts: number;
  readonly retryBaseMs: number;
  readonly timeoutMs: number;
  readonly concurrency: number;
  readonly concurrencyPerHost: number;
}

export interface CallbackSenderDeps {
  readonly deliveries: DeliveryStore;
  readonly store: Pick<JobStore, 'read'>;
  readonly http: OutgoingHttp;
  readonly signer: CallbackSigner;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly settings: CallbackSettings;
}

/** Beyond the time limit of an attempt: for the writes around it. */
const LEASE_MARGIN_MS = 15_000;
const LOOK = 100;
const PAUSE_MS = 250;
/** At a stop attempts may end for this long. */
const STOP_MS = 3_000;

/** Attempts by how they ended. */
export interface CallbackCounters {
  delivered: number;
  failed: number;
  dead: number;
}

/** Sends the callbacks that are due: each at least once, under one id, at most so many at a time in all and to one host. */
export class CallbackSender {
  readonly counters: CallbackCounters = { delivered: 0, failed: 0, dead: 0 };
  readonly #deps: CallbackSenderDeps;
  readonly #underWay = new Map<Promise<void>, string>();
  readonly #stopped = new AbortController();

  constructor(deps: CallbackSenderDeps) {
    this.#deps = deps;
  }

  /** Begins what is due as far as there is room, and goes on while there is more. @returns attempts begun. @throws StoreUnavailableError. */
  async run(signal: AbortSignal): Promise<number> {
    const { deliveries, settings } = this.#deps;
    for (let begun = 0; ; ) {
      if (signal.aborted || this.#stopped.signal.aborted) return begun;
      const room = settings.concurrency - this.#underWay.size;
      if (room <= 0) {
        await this.#roomOrPause();
        continue;
      }
      const picked = this.#pick(await deliveries.due(LOOK, this.#fullHosts()), room);
      const taken = await Promise.all(picked.map((due) => deliveries.take(due, this.#deps.clock.uuid(), this.#leaseMs)));
      const won = taken.filter((one) => one !== undefined);
      for (const one of won) this.#begin(one);
      begun += won.length;
      if (won.length === 0) return begun;
    }
  }

  /** Waits a little for what is under way and breaks off the rest, which is tried again. */
  async stop(): Promise<void> {
    const left = this.#deps.clock.sleep(STOP_MS, this.#stopped.signal);
    await Promise.race([Promise.all(this.#underWay.keys()), left]);
    this.#stopped.abort();
    await Promise.all(this.#underWay.keys());
  }

  /** Until an attempt has ended, at most a while: the signal is looked at then. */
  async #roomOrPause(): Promise<void> {
    const ended = new AbortController();
    await Promise.race([...this.#underWay.keys(), this.#deps.clock.sleep(PAUSE_MS, ended.signal)]);
    ended.abort();
  }

  get #leaseMs(): number {
    return this.#deps.settings.timeoutMs + LEASE_MARGIN_MS;
  }

  #toHost(host: string): number {
    return [...this.#underWay.values()].filter((other) => other === host).length;
  }

  #fullHosts(): readonly string[] {
    const { concurrencyPerHost } = this.#deps.settings;
    return [...new Set(this.#underWay.values())].filter((host) => this.#toHost(host) >= concurrencyPerHost);
  }

  #pick(due: readonly DueDelivery[], room: number): readonly DueDelivery[] {
    const counts = new Map<string, number>();
    const fitting = due.filter(({ host }) => {
      const count = counts.get(host) ?? this.#toHost(host);
      if (count >= this.#deps.settings.concurrencyPerHost) return false;
      counts.set(host, count + 1);
      return true;
    });
    return fitting.slice(0, room);
  }

  #begin(taken: TakenDelivery): void {
    const work = this.#attempt(taken)
      .catch((error: unknown) => {
        // Its lease runs out, and it is tried again.
        this.#deps.logger.warn({ err: error, delivery: taken.id }, 'an attempt to deliver a callback could not be noted');
      })
      .finally(() => this.#underWay.delete(work));
    this.#underWay.set(work, taken.host);
  }

  async #attempt(taken: TakenDelivery): Promise<void> {
    const { deliveries, store, http, signer, clock } = this.#deps;
    const [job] = await store.read([taken.jobId], 'local');
    // Whoever removes a job wants nothing of it to go out any more.
    if (!job) return deliveries.removeOf(taken.jobId);
    const [startedAtMs, at] = [clock.monotonicMs(), clock.now()];
    const headers = { ...(await signer.headersOf(taken.tenant, taken.id, taken.body, at)), ...FIXED_HEADERS };
    const answer = await http.post({ url: taken.url, headers, body: taken.body }, this.#stopped.signal);
    const attempt = { at, tookMs: Math.round(clock.monotonicMs() - startedAtMs), ...factsOf(answer) };
    const outcome = this.#outcomeOf(taken, answer);
    if (await deliveries.settle(taken, attempt, outcome)) this.#count(taken, attempt, outcome);
  }

  #outcomeOf({ attempts }: TakenDelivery, answer: OutgoingAnswer): DeliveryOutcome {
    const { settings, clock } = this.#deps;
    if (isSuccess(answer)) return { state: 'delivered' };
    const isFinal = answer.kind === 'refused' || (answer.kind === 'answered' && answer.status === GONE);
    if (isFinal || attempts >= settings.maxAttempts) return { state: 'dead' };
    const askedMs = answer.kind === 'answered' ? answer.retryAfterMs : undefined;
    return { state: 'pending', afterMs: callbackWaitMs(settings.retryBaseMs, attempts, clock.random(), askedMs) };
  }

  #count({ id, jobId, host, attempts }: TakenDelivery, { status, reason }: DeliveryAttempt, { state }: DeliveryOutcome): void {
    this.counters[state === 'pending' ? 'failed' : state] += 1;
    if (state !== 'dead') return;
    this.#deps.logger.warn(
      { delivery: id, job_id: jobId, host, attempts, status, reason },
      'a callback could not be delivered and is given up',
    );
  }
}

const GONE = 410;
const FIXED_HEADERS = { 'Content-Type': 'application/json', 'User-Agent': 'jobline-callback/1', Accept: '*/*' };

const isSuccess = (answer: OutgoingAnswer): boolean => answer.kind === 'answered' && answer.status >= 200 && answer.status < 300;

function factsOf(answer: OutgoingAnswer): Pick<DeliveryAttempt, 'status' | 'reason'> {
  if (answer.kind !== 'answered') return { reason: answer.reason };
  const { status } = answer;
  if (isSuccess(answer)) return { status };
  if (status === GONE) return { status, reason: 'The receiver answered 410: it wants no more.' };
  return {
    status,
    reason: status >= 300 && status < 400 ? 'The receiver redirects, which is not followed.' : `The receiver answered ${status}.`,
  };
}
