import type { ClaimedJob } from '../../shared/ports/task-runner.ts';
import type { Behaviour, Seat } from './plan.ts';
import { type Gateway, simGateway } from './sim-gateway.ts';
import { SimMessageBus } from './sim-message-bus.ts';
import { SimProcess } from './sim-process.ts';
import { simScheduler } from './sim-scheduler.ts';
import { type Running, simWorker } from './sim-worker.ts';
import type { SimWorld } from './sim-world.ts';

/** Down time of a process that something in it ended. */
const RESTART_MS = [200, 6_000] as const;
/** The broker gives up a frozen peer's connection after about this long. */
const CUT_AFTER_MS = 20_000;
/** A process that does not stop within this long is killed by whoever stops it. */
const KILL_AFTER_MS = 40_000;

/** A process and what stands beside it in its seat. */
interface Occupant {
  readonly process: SimProcess;
  readonly bus: SimMessageBus;
  readonly running: Running;
  isStopping: boolean;
}

/** The seats of the system: in each a process, and after its end another. */
export class Seats {
  /** Takes the place of a dead process. Off at the end. */
  isReplacing = true;
  readonly #world: SimWorld;
  readonly #behaviourOf: (job: ClaimedJob) => Behaviour;
  readonly #occupants: (Occupant | undefined)[] = [];
  readonly #incarnations: number[] = [];
  #isBlocked = false;
  #isAway = false;

  constructor(world: SimWorld, behaviourOf: (job: ClaimedJob) => Behaviour) {
    this.#world = world;
    this.#behaviourOf = behaviourOf;
  }

  /** Starts a process in each empty seat. */
  fill(): void {
    const { seats, absent = [] } = this.#world.plan;
    for (const seat of seats.keys()) if (!absent.includes(seat)) this.#start(seat);
  }

  get processes(): readonly SimProcess[] {
    return this.#occupants.flatMap((one) => one?.process ?? []);
  }

  get isBusy(): boolean {
    return this.#occupants.some((one) => one?.process.isAlive && one.running.isBusy?.());
  }

  gateways(): readonly Gateway[] {
    return this.#occupants.flatMap((one) =>
      one && !one.isStopping && one.process.isAlive && 'submit' in one.running ? [one.running as Gateway] : [],
    );
  }

  /** Tells when the process in which it runs ends. */
  processOf(gateway: Gateway): SimProcess | undefined {
    return this.#occupants.find((one) => one?.running === gateway)?.process;
  }

  crash(seat: number, downMs: number): void {
    this.#crash(seat, downMs, 'killed');
  }

  freeze(seat: number, forMs: number): void {
    this.#at(seat)?.process.freeze(forMs);
  }

  disconnect(seat: number, forMs: number): void {
    const occupant = this.#at(seat);
    if (!occupant) return;
    occupant.bus.isConnected = false;
    this.#reconnectIn(forMs, occupant.process, occupant.bus);
  }

  /** Thaws all, and connects them. */
  calm(): void {
    for (const one of this.#occupants) one?.process.thaw();
    this.isBlocked = false;
    this.isBrokerAway = false;
  }

  /** As at a rolling update: SIGTERM, and a new process once it has ended. */
  restart(seat: number, downMs: number): void {
    const occupant = this.#at(seat);
    if (!occupant || occupant.isStopping) return;
    void this.#stop(occupant).then(() => this.#startIn(downMs, seat, occupant));
  }

  set isBrokerAway(value: boolean) {
    this.#isAway = value;
    for (const one of this.#occupants) if (one?.process.isAlive) one.bus.isConnected = !value;
  }

  set isBlocked(value: boolean) {
    this.#isBlocked = value;
    for (const one of this.#occupants) if (one) one.bus.isBlocked = value;
  }

  /** Stops all. Resolves when all have stopped. */
  async stopAll(): Promise<void> {
    this.isReplacing = false;
    await Promise.all(this.#occupants.map((one) => (one?.process.isAlive && !one.isStopping ? this.#stop(one) : undefined)));
  }

  #at(seat: number): Occupant | undefined {
    const occupant = this.#occupants[seat % this.#world.plan.seats.length];
    return occupant?.process.isAlive ? occupant : undefined;
  }

  #crash(seat: number, downMs: number, why: string): void {
    const occupant = this.#at(seat);
    if (!occupant) return;
    occupant.process.onDeath = () => occupant.bus.drop();
    occupant.process.crash(why);
    this.#startIn(downMs, seat % this.#world.plan.seats.length, occupant);
  }

  #start(seat: number): void {
    if (this.#occupants[seat]?.process.isAlive) return;
    const { plan, broker, timeline, brokerState, onEvent, onDelivery } = this.#world;
    const spec: Seat = plan.seats[seat]!;
    const incarnation = (this.#incarnations[seat] = (this.#incarnations[seat] ?? -1) + 1);
    const process = new SimProcess(this.#world, `${spec.role}-${seat}.${incarnation}`, spec.skewMs);
    const bus = new SimMessageBus({ process, broker, timeline, state: brokerState, onEvent, onDelivery });
    bus.isBlocked = this.#isBlocked;
    bus.isConnected = !this.#isAway;
    const occupant: Occupant = { process, bus, running: this.#runningOf(spec, process, bus), isStopping: false };
    this.#occupants[seat] = occupant;
    process.onDeath = () => {
      bus.drop();
      this.#startIn(this.#world.draws.int(...RESTART_MS), seat, occupant);
    };
    process.onFreeze = (forMs) => this.#cutWhenFrozen(occupant, forMs);
    this.#world.trace.note(process.name, 'starts');
    occupant.running.start().catch((error: Error) => this.#world.report('processes start', '', `${process.name}: ${error.stack}`));
  }

  #startIn(downMs: number, seat: number, last: Occupant): void {
    this.#world.timeline.after(downMs, undefined, () => {
      if (this.isReplacing && this.#occupants[seat] === last) this.#start(seat);
    });
  }

  #runningOf(spec: Seat, process: SimProcess, bus: SimMessageBus): Running {
    switch (spec.role) {
      case 'gateway':
        return simGateway(this.#world, process, bus);
      case 'scheduler':
        return simScheduler(this.#world, process, bus);
      default:
        return simWorker(this.#world, process, bus, spec, this.#behaviourOf);
    }
  }

  async #stop(occupant: Occupant): Promise<void> {
    const { process, running } = occupant;
    const { timeline, trace } = this.#world;
    occupant.isStopping = true;
    trace.note(process.name, 'is told to stop');
    let isKilled = false;
    const kill = timeline.after(KILL_AFTER_MS, undefined, () => {
      isKilled = true;
      end();
    });
    let end: () => void = () => undefined;
    const killed = new Promise<void>((resolve) => {
      end = resolve;
    });
    await Promise.race([running.stop(), killed]);
    timeline.cancel(kill);
    process.onDeath = () => occupant.bus.drop();
    process.crash(isKilled ? 'did not stop' : 'has stopped');
  }

  #cutWhenFrozen(occupant: Occupant, forMs: number): void {
    if (forMs < CUT_AFTER_MS) return;
    const { timeline } = this.#world;
    timeline.after(CUT_AFTER_MS, undefined, () => {
      if (!occupant.process.isAlive || !occupant.process.isFrozen) return;
      occupant.bus.isConnected = false;
      this.#reconnectIn(forMs - CUT_AFTER_MS + 100, occupant.process, occupant.bus);
    });
  }

  #reconnectIn(ms: number, process: SimProcess, bus: SimMessageBus): void {
    // While the broker is away its return connects everybody.
    this.#world.timeline.after(ms, process, () => {
      bus.isConnected = !this.#isAway;
    });
  }
}
