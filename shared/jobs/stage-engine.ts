import { groupBy, partition } from '../domain/group-by.ts';
import type { WorkedJob } from '../domain/job.ts';
import { isReadable } from '../domain/readable-job.ts';
import type { Clock } from '../ports/clock.ts';
import type { Delivery, MessageBus } from '../ports/message-bus.ts';
import { BellTicket } from './bell-ticket.ts';
import { claimBells, resolveMiss, type WonClaim } from './claim-bells.ts';
import { ClaimKeeper } from './claim-keeper.ts';
import { type EngineCounters, newEngineCounters } from './engine-counters.ts';
import type { EngineTuning } from './engine-tuning.ts';
import { InlineQueues } from './inline-queues.ts';
import { LANE_WEIGHTS, LaneQueue } from './lane-queue.ts';
import { EARLY_ACK_AFTER_MS, LongRuns } from './long-runs.ts';
import { oweAgain } from './owe-again.ts';
import { Quarantine } from './quarantine.ts';
import { Ringer, type RingerDeps } from './ringer.ts';
import type { WorkDeps } from './run-handlers.ts';
import type { SlowGate } from './slow-gate.ts';
import { StartPace } from './start-pace.ts';
import { EndTeller } from './tell-ends.ts';
import { Turns, type TurnsDeps } from './turns/turns.ts';
import { workFused } from './work-fused.ts';
import { workBatch, workOne } from './work-stage.ts';

/** After handlers were told to stop, their ends are awaited this long before the process closes. */
const ABORT_GRACE_MS = 5_000;
/** A bell whose claim failed by a fault is looked at again after this long. */
const AGAIN_MS = 1_000;
/** How long giving bells back may hold up the end of a drain. */
const HAND_BACK_MS = 2_000;

export interface StageEngineDeps extends RingerDeps, Pick<WorkDeps, 'outputs' | 'runner' | 'holdBack' | 'notedFrom'> {
  readonly bus: MessageBus;
  /** Names this process in records and logs. */
  readonly owner: string;
  /** 3,000..600,000. */
  readonly leaseMs: number;
  /** A stage that has run this long is acknowledged early, default 10 min. */
  readonly earlyAckAfterMs?: number;
  /** Limits of jobs, and who has their places; absent: no job is limited. */
  readonly limited?: Pick<TurnsDeps, 'places' | 'waiting' | 'buckets' | 'limits'>;
  /** Isolated handlers at once, from 1. */
  readonly slots: number;
  /** What operators may change at any time. */
  readonly tuning?: EngineTuning;
  /** Caps how many jobs of a stage start a second; without it none is capped. */
  readonly slow?: SlowGate;
  /** Told how many bells of inline handlers are worked as one batch. */
  onInlineBatch?(bells: number): void;
}

/**
 * Runs stages: takes doorbells, claims, runs handlers, commits, acknowledges, rings the next stage. Inline handlers are
 * worked in batches; isolated ones one a slot, so that never more is claimed than can start now.
 */
export class StageEngine {
  readonly counters: EngineCounters = newEngineCounters();
  readonly #deps: WorkDeps & { readonly bus: MessageBus; readonly clock: Clock };
  readonly #slots: number;
  readonly #tuning: StageEngineDeps['tuning'];
  readonly #slow: SlowGate | undefined;
  readonly #onInlineBatch: StageEngineDeps['onInlineBatch'];
  readonly #closed = new AbortController();
  readonly #waiting: LaneQueue<BellTicket>;
  readonly #longRuns: LongRuns;
  readonly #pace: StartPace;
  readonly #work = new Set<Promise<void>>();
  readonly #unclaimed = new Set<BellTicket>();
  readonly #inline: InlineQueues;
  /** Jobs that are worked without a claim, by id and generation. */
  readonly #fusing = new Set<string>();
  /** Fires for those that wait for a slowed stage and are to be given back. */
  #notSlowed = new AbortController();
  #busySlots = 0;
  #pumpScheduled = false;
  #draining = false;

  constructor(deps: StageEngineDeps) {
    this.#slots = deps.slots;
    this.#tuning = deps.tuning;
    this.#waiting = new LaneQueue(() => deps.tuning?.laneWeights() ?? LANE_WEIGHTS);
    this.#slow = deps.slow;
    this.#onInlineBatch = deps.onInlineBatch;
    this.#inline = new InlineQueues({
      ...{ clock: deps.clock, closed: this.#closed.signal, pipelines: deps.pipelines, runner: deps.runner },
      run: (batch) => this.#startInline(batch),
    });
    const ringer = new Ringer(deps);
    const { signal: closed } = this.#closed;
    this.#deps = {
      ...deps,
      ringer,
      ...(deps.limited && { turns: new Turns({ ...deps, ...deps.limited, ringer, closed }) }),
      keeper: new ClaimKeeper(deps),
      quarantine: new Quarantine((next) => this.#takeUp(next)),
      teller: new EndTeller(deps),
      counters: this.counters,
      closed,
    };
    this.#pace = new StartPace({ clock: deps.clock, closed, onTime: () => this.#schedulePump() });
    const { earlyAckAfterMs = EARLY_ACK_AFTER_MS } = deps;
    this.#longRuns = new LongRuns({ ...this.#deps, earlyAckAfterMs, waiting: this.#waiting, onWaiting: () => this.#schedulePump() });
  }

  /** Bells held here that are not being worked yet. */
  get waiting(): number {
    return this.#waiting.size + this.#inline.size;
  }

  /** Claims held here. */
  get running(): number {
    return this.#deps.keeper.size;
  }

  /** The jobs whose claims are held here. */
  jobs(): Iterable<WorkedJob> {
    return this.#deps.keeper.records();
  }

  /** Isolated handlers that may run at once, and those at work now. */
  get slots(): { readonly all: number; readonly busy: number } {
    return { all: this.#slots, busy: this.#busySlots };
  }

  /** The oldest publish time among the bells held here and not claimed, by queue (shared/domain/watermark.ts). */
  oldestHeld(): ReadonlyMap<string, Date> {
    const oldest = new Map<string, Date>();
    for (const { delivery } of this.#unclaimed) {
      const { queue, publishedAt } = delivery;
      const known = oldest.get(queue);
      if (publishedAt && (!known || publishedAt < known)) oldest.set(queue, publishedAt);
    }
    return oldest;
  }

  /** To be called when `tuning` says something else: more may run now. */
  retuned(): void {
    this.#schedulePump();
  }

  /** Takes a delivery; it is acknowledged once the store says durably that it may. */
  accept(delivery: Delivery): void {
    if (this.#draining) return;
    const tickets = BellTicket.of(delivery, this.#deps.clock.monotonicMs(), this.#unclaimed);
    if (delivery.redelivered && tickets.length > 1) {
      void this.#track(this.#split(tickets));
      return;
    }
    const isInline = this.#isInline(delivery);
    for (const ticket of tickets) {
      if (isInline) this.#inline.push(ticket);
      else this.#waiting.push(delivery.lane, ticket);
    }
    this.#schedulePump();
  }

  /**
   * Takes no new work, lets what runs finish for `timeoutMs`, hands the rest back (it does not count as an attempt), and
   * closes. Bells that wait behind what runs are owed again and rung at once; others stay unacknowledged: closing the channel
   * gives them back.
   */
  async drain(timeoutMs: number): Promise<void> {
    this.#draining = true;
    this.#inline.close();
    this.#notSlowed.abort();
    const handedBack = this.#work.size > 0 ? this.#handBack() : Promise.resolve();
    await this.#settledWithin(timeoutMs);
    await this.#within(HAND_BACK_MS, handedBack);
    this.#deps.keeper.abortAll('shutdown');
    await this.#settledWithin(ABORT_GRACE_MS);
    this.#closed.abort();
    await Promise.all([this.#deps.ringer.stop(), this.#deps.teller.stop(), this.#deps.keeper.stop(), this.#longRuns.stop()]);
  }

  /** Bells that wait are owed again and rung at once, for other workers or for later. What has begun goes on. */
  async giveBack(): Promise<void> {
    this.#notSlowed.abort();
    this.#notSlowed = new AbortController();
    const tickets = [...this.#waiting.remove(() => true), ...this.#inline.takeAll()];
    if (tickets.length > 0) await this.#track(this.#split(tickets));
  }

  async #settledWithin(ms: number): Promise<void> {
    const allEnded = async () => {
      while (this.#work.size > 0) await Promise.allSettled(this.#work);
    };
    await this.#within(ms, allEnded());
  }

  async #within(ms: number, done: Promise<void>): Promise<void> {
    const enough = new AbortController();
    void done.finally(() => enough.abort());
    await this.#deps.clock.sleep(ms, enough.signal);
  }

  /** Another worker need not wait until what runs here has ended. What cannot be given back stays unacknowledged. */
  async #handBack(): Promise<void> {
    const tickets = [...this.#waiting.remove(() => true), ...this.#inline.takeAll()];
    if (tickets.length > 0) await oweAgain(this.#deps, tickets).catch(() => undefined);
  }

  /**
   * A redelivered message of several jobs becomes single ones before any is claimed (docs/protocol.md, AMQP rules): one of
   * them may have ended its worker.
   */
  async #split(tickets: readonly BellTicket[]): Promise<void> {
    for (const ticket of await oweAgain(this.#deps, tickets)) this.#waiting.push(ticket.delivery.lane, ticket);
    this.#pump();
  }

  /** The routing key's type is only a hint: a claim that turns out otherwise is worked alone. */
  #isInline({ typeHint, stage }: Delivery): boolean {
    const { pipelines, runner } = this.#deps;
    if (typeHint === undefined) return false;
    return pipelines.stagesAt(typeHint, stage).some(({ name }) => runner.isolationOf(typeHint, name) === 'inline');
  }

  #mayFuse({ typeHint, stage, redelivered }: Delivery): boolean {
    const { pipelines, runner } = this.#deps;
    if (redelivered || typeHint === undefined) return false;
    return pipelines.stagesAt(typeHint, stage).some(({ name }) => runner.mayRunTwice(typeHint, name));
  }

  /** A microtask lets the deliveries of one read from the socket share a claim. */
  #schedulePump(): void {
    if (this.#pumpScheduled) return;
    this.#pumpScheduled = true;
    queueMicrotask(() => {
      this.#pumpScheduled = false;
      this.#pump();
    });
  }

  #pump(): void {
    if (this.#draining) return;
    this.#inline.pump();
    const { concurrency = this.#slots, startsPerSecond } = this.#tuning?.stageLimits() ?? {};
    while (this.#busySlots < Math.min(this.#slots, concurrency) && this.#waiting.size > 0 && this.#pace.mayStart(startsPerSecond)) {
      const ticket = this.#waiting.shift();
      if (!ticket) break;
      this.#occupySlot(() => this.#runTicket(ticket));
    }
  }

  #takeUp(ticket: BellTicket): void {
    this.#waiting.push(ticket.delivery.lane, ticket);
    this.#schedulePump();
  }

  #occupySlot(work: () => Promise<void>): void {
    this.#busySlots += 1;
    void this.#track(
      work().finally(() => {
        this.#busySlots -= 1;
        this.#pump();
      }),
    );
  }

  async #runTicket(ticket: BellTicket): Promise<void> {
    await this.#orAgain(ticket, async () => {
      const stage = this.#slowedStage(ticket);
      if (stage !== undefined && !(await this.#admits(stage, [ticket]))) return;
      const { won, missed } = await claimBells(this.#deps, [ticket]);
      const win = won[0] ?? (await resolveMiss(this.#deps, missed[0]!));
      if (win) await this.#runWon(win);
    });
  }

  /** A fault must not leave a bell unacknowledged and forgotten: its job would wait until the channel closes. */
  async #orAgain(ticket: BellTicket, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (this.#closed.signal.aborted) return;
      this.#deps.logger.error({ err: error, job_id: ticket.bell.id }, 'working a doorbell failed, it is tried again');
      void this.#track(this.#again(ticket));
    }
  }

  async #again(ticket: BellTicket): Promise<void> {
    await this.#deps.clock.sleep(AGAIN_MS, this.#closed.signal);
    if (ticket.isSettled || this.#draining) return;
    this.#takeUp(ticket);
  }

  async #runWon(win: WonClaim): Promise<void> {
    const done = this.#longRuns.watch(win);
    try {
      await workOne(this.#deps, win);
    } finally {
      done();
    }
  }

  #startInline(batch: readonly BellTicket[]): Promise<void> {
    this.#onInlineBatch?.(batch.length);
    return this.#track(this.#runInline(batch));
  }

  async #runInline(tickets: readonly BellTicket[]): Promise<void> {
    const groups = groupBy(tickets, (ticket) => this.#slowedStage(ticket));
    await Promise.all(
      [...groups].map(([stage, group]) => (stage === undefined ? this.#runUncapped(group) : this.#runSlowly(stage, group))),
    );
  }

  /** As many at once as the stage's cap lets start. */
  async #runSlowly(stage: string, tickets: readonly BellTicket[]): Promise<void> {
    const begun: Promise<void>[] = [];
    for (let left = tickets; left.length > 0; ) {
      const count = await this.#admits(stage, left);
      if (count === 0) break;
      begun.push(this.#runUncapped(left.slice(0, count)));
      left = left.slice(count);
    }
    await Promise.all(begun);
  }

  /** The stage of a bell, where it is slowed. */
  #slowedStage({ delivery: { typeHint, stage } }: BellTicket): string | undefined {
    if (!this.#slow || typeHint === undefined) return undefined;
    return this.#deps.pipelines.stagesAt(typeHint, stage).find(({ name }) => this.#slow!.isSlow(name))?.name;
  }

  /** How many of the bells may be worked now; where none may, they are given back. */
  async #admits(stage: string, tickets: readonly BellTicket[]): Promise<number> {
    const { signal } = this.#notSlowed;
    const count = await this.#slow!.admit(stage, tickets.length, signal);
    if (count === 0) await (this.#draining ? oweAgain(this.#deps, tickets) : this.#split(tickets));
    return count;
  }

  async #runUncapped(tickets: readonly BellTicket[]): Promise<void> {
    const [fusable, others] = partition(tickets, ({ delivery }) => this.#mayFuse(delivery));
    await Promise.all([this.#runFused(fusable), this.#runClaimed(others)]);
  }

  async #runFused(tickets: readonly BellTicket[]): Promise<void> {
    const [fresh, others] = partition(tickets, (ticket) => !this.#isFusing(ticket));
    for (const ticket of others) void this.#track(this.#afterFused(ticket));
    if (fresh.length === 0) return;
    const rest = await workFused(this.#deps, fresh).finally(() => {
      for (const { bell } of fresh) this.#fusing.delete(bellKey(bell));
    });
    for (const miss of rest.missed) void this.#track(this.#resolveInline(miss));
    await this.#runClaimed(rest.tickets);
  }

  /** A second bell of the same work: its handler would run beside the first one's, for nothing, since the fence lets one of them count. */
  async #afterFused(ticket: BellTicket): Promise<void> {
    while (this.#fusing.has(bellKey(ticket.bell)) && !this.#draining) await this.#deps.clock.sleep(AGAIN_MS, this.#closed.signal);
    if (!this.#draining) this.#takeUp(ticket);
  }

  /** True for a second bell of a job that is being worked without a claim; else it is, from now on. */
  #isFusing({ bell }: BellTicket): boolean {
    const key = bellKey(bell);
    if (this.#fusing.has(key)) return true;
    this.#fusing.add(key);
    return false;
  }

  async #runClaimed(tickets: readonly BellTicket[]): Promise<void> {
    if (tickets.length === 0) return;
    const { won, missed } = await claimBells(this.#deps, tickets);
    for (const miss of missed) void this.#track(this.#resolveInline(miss));
    const batches = this.#batches(won);
    await Promise.all(batches.map((batch) => workBatch(this.#deps, batch, batches.length === 1)));
  }

  async #resolveInline(miss: Parameters<typeof resolveMiss>[1]): Promise<void> {
    await this.#orAgain(miss.ticket, async () => {
      const win = await resolveMiss(this.#deps, miss);
      if (win) await this.#runWon(win);
    });
  }

  /** Groups by type and stage. Suspects, limited jobs and claims that are not inline after all are worked alone, outside the batch. */
  #batches(won: readonly WonClaim[]): WonClaim[][] {
    const batched: WonClaim[] = [];
    for (const win of won) {
      const { type, crashes } = win.record;
      const spec = isReadable(win.record) ? this.#deps.pipelines.stageAt(win.record) : undefined;
      if (crashes > 0 || !spec || this.#deps.runner.isolationOf(type, spec.name) !== 'inline') void this.#track(this.#runWon(win));
      else if (this.#deps.turns?.isLimited(win.record)) void this.#track(this.#runWon(win));
      else batched.push(win);
    }
    return [...groupBy(batched, ({ record }) => `${record.type}:${record.pipelineVersion}:${record.stage}`).values()];
  }

  #track(work: Promise<void>): Promise<void> {
    const tracked = work.catch((error: unknown) => {
      if (!this.#closed.signal.aborted) this.#deps.logger.error({ err: error }, 'working a doorbell failed');
    });
    this.#work.add(tracked);
    return tracked.finally(() => this.#work.delete(tracked));
  }
}

const bellKey = ({ id, gen }: BellTicket['bell']) => `${id} ${gen}`;
