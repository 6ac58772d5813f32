import type { ClaimedJob } from '../../shared/ports/task-runner.ts';
import type { Violation } from '../oracles/history-observer.ts';
import { bellsLeft, deadLetterProblems, finalProblems } from './final-checks.ts';
import type { Behaviour, CallFault, Plan } from './plan.ts';
import { Seats } from './seats.ts';
import { SimClient } from './sim-client.ts';
import { SimWorld } from './sim-world.ts';
import { playTimedFault } from './timed-faults.ts';

/** All must have ended this long after the last fault, in virtual time. */
const DRAIN_MS = 420_000;
/** Whoever is told to stop must have stopped within this long. */
const STOP_MS = 60_000;
const LOOK_EVERY_MS = 500;
/** Far more than any schedule needs: something goes round in circles. */
const MAX_STEPS = 300_000;

export interface RunOptions {
  /** Keeps the trace as lines. */
  readonly isTraced?: boolean;
  /** Changes the world before it starts: for tests that break something in it. */
  readonly prepare?: (world: SimWorld) => void;
}

/** What became of a schedule. */
export interface SimVerdict {
  readonly seed: number;
  readonly violations: readonly Violation[];
  /** Of everything that happened, in order. */
  readonly hash: string;
  readonly steps: number;
  /** Virtual ms from the last fault until nothing was open any more. */
  readonly drainedAfterMs: number;
  readonly transitions: ReadonlyMap<string, number>;
  /** Faults that were played at calls, for a plan that repeats exactly these. */
  readonly played: Readonly<Record<string, CallFault>>;
  readonly trace: readonly string[];
}

/** Runs a schedule to its end and lets the oracles judge it. */
export async function runPlan(plan: Plan, { isTraced = false, prepare }: RunOptions = {}): Promise<SimVerdict> {
  const world = new SimWorld(plan, isTraced);
  const run = new PlanRun(world);
  prepare?.(world);
  await run.toTheEnd();
  return {
    seed: plan.seed,
    violations: world.violations,
    hash: world.trace.hash,
    steps: run.steps,
    drainedAfterMs: run.drainedAfterMs,
    transitions: world.transitions,
    played: world.faults.played,
    trace: world.trace.lines,
  };
}

class PlanRun {
  steps = 0;
  drainedAfterMs = 0;
  readonly #world: SimWorld;
  readonly #seats: Seats;
  readonly #client: SimClient;
  readonly #runs = new Map<string, number>();

  constructor(world: SimWorld) {
    this.#world = world;
    this.#seats = new Seats(world, (job) => this.#behaviourOf(job));
    this.#client = new SimClient(world, this.#seats);
  }

  async toTheEnd(): Promise<void> {
    const { plan, timeline } = this.#world;
    this.#seats.fill();
    this.#client.schedule();
    for (const fault of plan.timed) timeline.after(fault.atMs, undefined, () => playTimedFault(this.#world, this.#seats, fault));
    await this.#until(plan.calmFromMs, () => false);
    this.#calm();
    const calmMs = timeline.nowMs;
    const isDrained = await this.#until(DRAIN_MS, () => this.#isQuiet());
    this.drainedAfterMs = timeline.nowMs - calmMs;
    if (!isDrained) this.#reportOpen();
    await this.#stop();
    for (const { rule, jobId, detail } of await finalProblems(this.#world, this.#client)) this.#world.report(rule, jobId, detail);
  }

  #calm(): void {
    const { faults, trace, database, brokerState } = this.#world;
    trace.note('fault', 'no more');
    faults.isCalm = true;
    database.isAway = false;
    if (database.jobs.isReplicationHeld) database.jobs.replicate();
    brokerState.isUnroutable = false;
    brokerState.isManagementAway = false;
    this.#seats.calm();
  }

  async #stop(): Promise<void> {
    let hasStopped = false;
    void this.#seats.stopAll().then(() => {
      hasStopped = true;
    });
    await this.#until(STOP_MS, () => hasStopped);
    if (!hasStopped)
      this.#world.report(
        'processes stop when told to',
        '',
        this.#seats.processes
          .filter(({ isAlive }) => isAlive)
          .map(({ name }) => name)
          .join(', '),
      );
  }

  /** @returns whether the condition held within the time. */
  async #until(withinMs: number, isTrue: () => boolean): Promise<boolean> {
    const { timeline } = this.#world;
    const untilMs = timeline.nowMs + withinMs;
    let lookMs = timeline.nowMs;
    while (timeline.nowMs < untilMs) {
      if (timeline.nowMs >= lookMs) {
        if (isTrue()) return true;
        lookMs = timeline.nowMs + LOOK_EVERY_MS;
      }
      if (++this.steps > MAX_STEPS) {
        this.#world.report('nothing goes round in circles', '', `${MAX_STEPS} steps`);
        return false;
      }
      if (!(await timeline.step())) return isTrue();
    }
    return isTrue();
  }

  #isQuiet(): boolean {
    const { database } = this.#world;
    if (this.#client.busy > 0 || this.#seats.isBusy) return false;
    const isAtRest = database.jobs.records.every(({ active, pub, evt }) => !active && pub?.due === undefined && evt?.due === undefined);
    return (
      isAtRest && database.jobs.notes.local.length === 0 && bellsLeft(this.#world) === 0 && deadLetterProblems(this.#world).length === 0
    );
  }

  #reportOpen(): void {
    const { database } = this.#world;
    for (const { id, state, pub, evt, active, gen } of database.jobs.records) {
      if (active || pub?.due || evt?.due)
        this.#world.report('progress: everything ends', id, `${state} gen ${gen}, owes ${JSON.stringify({ pub, evt })}`);
    }
    for (const { id, jobs } of database.jobs.notes.local)
      this.#world.report('progress: every note is told', jobs[0]!.id, `the note of claim ${id} is left`);
    if (bellsLeft(this.#world) > 0) this.#world.report('progress: every doorbell is acknowledged', '', `${bellsLeft(this.#world)} left`);
    for (const { rule, jobId, detail } of deadLetterProblems(this.#world)) this.#world.report(rule, jobId, detail);
    if (this.#client.busy > 0) this.#world.report('progress: every request is answered', '', `${this.#client.busy} are not`);
  }

  #behaviourOf({ record, payload }: ClaimedJob): Behaviour {
    const name = (payload.input as { name?: string } | null)?.name;
    const job = this.#world.plan.jobs.find((one) => one.name === name);
    const stage = job?.script[record.stage];
    if (!stage) {
      this.#world.report('a handler is given its payload', record.id, JSON.stringify(payload));
      return { kind: 'done', ms: 0 };
    }
    const key = `${record.id}:${record.stage}`;
    const earlier = this.#runs.get(key) ?? 0;
    this.#runs.set(key, earlier + 1);
    return stage[Math.min(earlier, stage.length - 1)]!;
  }
}
