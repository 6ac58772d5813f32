import type { JobRecord } from '../../shared/domain/job.ts';
import type { Transition } from '../../shared/domain/transition.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { Logger } from '../../shared/ports/logger.ts';
import type { Delivery, JobEvent } from '../../shared/ports/message-bus.ts';
import type { Effect } from '../oracles/effects.ts';
import { HistoryObserver, type Violation } from '../oracles/history-observer.ts';
import { MemoryBroker } from '../support/memory-broker.ts';
import { MemoryJobStore } from '../support/memory-job-store.ts';
import { MemoryLeaseStore } from '../support/memory-lease-store.ts';
import { MemoryOutputStore } from '../support/memory-output-store.ts';
import { CallFaults } from './call-faults.ts';
import { Draws, mix } from './draws.ts';
import type { Plan } from './plan.ts';
import type { BrokerState } from './sim-message-bus.ts';
import { ManagementAwayError } from './sim-message-bus.ts';
import type { ProcessWorld, SimProcess } from './sim-process.ts';
import { PIPELINES } from './sim-types.ts';
import type { Database } from './store-port.ts';
import { Timeline } from './timeline.ts';
import { Trace } from './trace.ts';

/** What a worker says of a result whose claim was gone. */
const DISCARDED = 'claim was gone, result discarded';
const START_MS = Date.UTC(2026, 0, 15, 12, 0, 0);
/** A walk over dead letters says so when the broker or the connection failed in the middle of it. */
const WALK_BROKE = /may not have been put back|^Channel closed$/;

/** Everything that the processes of a schedule share, and what is known of what happened. */
export class SimWorld implements ProcessWorld {
  readonly plan: Plan;
  readonly seed: number;
  readonly timeline = new Timeline(START_MS);
  readonly trace: Trace;
  readonly faults: CallFaults;
  /** For what the schedule itself draws on the way. */
  readonly draws: Draws;
  readonly database: Database;
  readonly broker: MemoryBroker;
  readonly brokerState: BrokerState = { isUnroutable: false, isManagementAway: false };
  readonly observer = new HistoryObserver();
  readonly violations: Violation[] = [];
  readonly effects: Effect[] = [];
  /** `job/stage/claim` of what a handler made something of. */
  readonly produced = new Set<string>();
  /** Bells that processes were given: `process job gen`, and `job gen`. */
  readonly #delivered = new Set<string>();
  /** `job/claim` of the results that workers have discarded as fenced. */
  readonly discarded = new Set<string>();
  /** Bodies of the messages that nobody can read. */
  readonly malformed: string[] = [];
  /** Ids of the events that reached their exchange. */
  readonly events = new Set<string>();
  /** How often each transition was applied. */
  readonly transitions = new Map<string, number>();
  readonly faultAt: ProcessWorld['faultAt'];

  constructor(plan: Plan, isTraced: boolean) {
    this.plan = plan;
    this.seed = plan.seed;
    this.trace = new Trace(this.timeline, isTraced);
    this.faults = new CallFaults(plan);
    this.draws = new Draws(mix(plan.seed, 3));
    this.faultAt = (process, ordinal, point) => this.faults.at(process, ordinal, point);
    const clock = this.#storesClock();
    const jobs = new MemoryJobStore({ clock, isTrusted: true });
    this.database = { jobs, outputs: new MemoryOutputStore({ clock, jobs }), leases: new MemoryLeaseStore({ clock }), isAway: false };
    this.broker = new MemoryBroker({ mode: plan.topology, stageNames: PIPELINES.stageNames() });
    jobs.onChange = (before, after, transition) => this.#noteChange(before, after, transition);
    jobs.onRollBack = (id, to) => {
      this.trace.note('store', 'rolls back', () => `${id.slice(-12)} to ${to ? `${to.state} gen ${to.gen}` : 'nothing'}`);
      this.observer.rolledBack(id, to);
    };
  }

  report(rule: string, jobId: string, detail: string): void {
    this.trace.note('VIOLATION', rule, () => `${jobId} ${detail}`);
    this.violations.push({ rule, jobId, detail });
  }

  readonly onEvent = ({ id, jobId, event }: JobEvent): void => {
    this.events.add(id);
    const durable = this.database.jobs.peekDurable(jobId);
    const seq = Number(id.split(':').at(-1));
    const last = durable?.evt?.seq ?? 0;
    const isTrue = last > seq || (last === seq && (durable?.active || durable?.state.toLowerCase() === event));
    if (!isTrue) this.report('events: only ends are told that no fail-over takes back', jobId, `${event} as event ${seq}`);
  };

  readonly onDelivery = ({ name }: SimProcess, { bells }: Delivery): void => {
    for (const { id, gen } of bells) this.#delivered.add(`${id} ${gen}`).add(`${name} ${id} ${gen}`);
  };

  loggerOf(process: SimProcess): Logger {
    const note = (level: string) => (fields: object, message: string) => {
      if (process.isAlive) this.trace.note(process.name, `${level}: ${message}`, () => JSON.stringify(fields));
    };
    const logger: Logger = {
      debug: () => undefined,
      info: (fields: Readonly<Record<string, unknown>>, message) => {
        if (message === DISCARDED) this.discarded.add(`${fields['job_id']}/${fields['claim']}`);
      },
      warn: note('warn'),
      error: (fields, message) => {
        if (!process.isAlive || isOfFault(fields)) return;
        this.report('nothing is logged as an error', '', `${process.name}: ${message} ${textOf(fields)}`);
      },
      child: () => logger,
    };
    return logger;
  }

  #noteChange(before: JobRecord | undefined, after: JobRecord, transition: Transition | undefined): void {
    const name = transition?.name ?? 'insert';
    this.transitions.set(name, (this.transitions.get(name) ?? 0) + 1);
    this.trace.note('store', name, () => `${after.id.slice(-12)} ${short(before)} → ${short(after)}`);
    if (before) this.#checkBell(name, before, after);
    if (before?.active && after.evt && !after.active) this.#checkOwed(name, before, after);
    const known = this.observer.violations.length;
    this.observer.note({ id: after.id, after, atMs: this.timeline.nowMs, ...(before && { before }) });
    for (const { rule, jobId, detail } of this.observer.violations.slice(known)) this.report(rule, jobId, detail);
  }

  /** What is claimed, is claimed by whoever has a bell of this very generation, or has handed the job back at it (quarantine). */
  #checkBell(name: string, before: JobRecord, after: JobRecord): void {
    const { id, gen } = before;
    if (name === 'release') this.#delivered.add(`${before.owner} ${id} ${after.gen}`);
    const bell = name === 'claim' ? `${after.owner} ${id} ${gen}` : name === 'claim_commit' ? `${id} ${gen}` : undefined;
    if (bell !== undefined && !this.#delivered.has(bell)) this.report(`${name}: by a bell of the generation`, id, bell);
  }

  /** The event of an end is owed by its record, or by a note that no fail-over takes away before the end. */
  #checkOwed(name: string, { gen }: JobRecord, { id, evt, results }: JobRecord): void {
    const note = this.database.jobs.notes.durable.find((one) => one.id === results.at(-1)?.claim);
    if (evt?.due === undefined && !note?.jobs.some((job) => job.id === id && job.gen === gen))
      this.report(`${name}: its event is owed`, id, `gen ${gen}, by no note`);
  }

  #storesClock(): Clock {
    const { timeline } = this;
    let ids = 0;
    return {
      now: () => new Date(timeline.nowMs),
      monotonicMs: () => timeline.nowMs,
      sleep: (ms) => timeline.delay(ms),
      random: () => 0.5,
      uuid: () => `stored-${++ids}`,
    };
  }
}

function isOfFault(fields: object): boolean {
  const { err } = fields as { err?: unknown };
  return err instanceof ManagementAwayError || (err instanceof Error && WALK_BROKE.test(err.message));
}

function textOf(fields: object): string {
  const { err, ...rest } = fields as { err?: Error };
  return `${JSON.stringify(rest)} ${err?.stack ?? ''}`;
}

function short(record: JobRecord | undefined): string {
  if (!record) return 'nothing';
  const { state, stage, gen, epoch, run, attempt, crashes, claim, pub } = record;
  const debt = pub ? ` pub ${pub.due ? `due ${pub.due.toISOString().slice(11, 23)}` : 'paid'}${pub.to ? ' to dlq' : ''}` : '';
  return `${state} s${stage} g${gen} e${epoch} r${run} a${attempt} c${crashes}${claim ? ` claim ${claim.slice(-12)}` : ''}${debt}`;
}
