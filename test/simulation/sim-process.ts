import type { Clock } from '../../shared/ports/clock.ts';
import { Draws, fold, mix } from './draws.ts';
import type { CallFault } from './plan.ts';
import type { Owner, Timeline } from './timeline.ts';
import type { Trace } from './trace.ts';

/** A call of a port as the faults see it. */
export interface CallPoint {
  readonly port: 'store' | 'bus' | 'outputs' | 'leases';
  /** Method, or the name of the transition. */
  readonly what: string;
  /** Messages that it publishes. */
  readonly messages?: number;
  readonly detail?: () => string;
}

/** What a process knows of its world. */
export interface ProcessWorld {
  readonly timeline: Timeline;
  readonly trace: Trace;
  readonly seed: number;
  /** The fault at a call, if any. */
  faultAt(process: SimProcess, ordinal: number, point: CallPoint): CallFault | undefined;
}

const NEVER = new Promise<never>(() => undefined);
const FAR_MS = Number.MAX_SAFE_INTEGER;

/** One operating system's process of the simulation: it can die and freeze at each call of a port. */
export class SimProcess implements Owner {
  readonly name: string;
  readonly clock: Clock;
  readonly draws: Draws;
  isAlive = true;
  frozenUntilMs = 0;
  /** Told once when it dies. */
  onDeath: (why: string) => void = () => undefined;
  /** Told when it freezes. */
  onFreeze: (forMs: number) => void = () => undefined;
  readonly #world: ProcessWorld;
  readonly #bornMs: number;
  #ordinal = 0;
  #ids = 0;

  constructor(world: ProcessWorld, name: string, skewMs: number) {
    this.name = name;
    this.#world = world;
    this.#bornMs = world.timeline.nowMs;
    const seed = mix(world.seed, fold(0, name));
    this.draws = new Draws(seed);
    const { timeline } = world;
    const random = new Draws(mix(seed, 2));
    this.clock = {
      now: () => new Date(timeline.nowMs + skewMs),
      monotonicMs: () => timeline.nowMs - this.#bornMs,
      random: () => random.next(),
      uuid: () => this.#uuid(seed),
      sleep: (ms, signal) => this.#sleep(ms, signal),
    };
  }

  /** kill -9: nothing it does from now on takes effect. */
  crash(why: string): void {
    if (!this.isAlive) return;
    this.isAlive = false;
    this.#world.trace.note(this.name, 'dies', () => why);
    this.onDeath(why);
  }

  /** SIGSTOP, and SIGCONT after so long. */
  freeze(forMs: number): void {
    const { timeline, trace } = this.#world;
    if (!this.isAlive || this.frozenUntilMs > timeline.nowMs) return;
    this.frozenUntilMs = timeline.nowMs + forMs;
    trace.note(this.name, `freezes for ${forMs} ms`);
    this.onFreeze(forMs);
  }

  thaw(): void {
    this.frozenUntilMs = 0;
  }

  get isFrozen(): boolean {
    return this.frozenUntilMs > this.#world.timeline.nowMs;
  }

  /** A call over the network: on the way, applied there, on the way back; with the fault that is due at it. */
  async call<T>(point: CallPoint, work: (fault: CallFault) => Promise<T>): Promise<T> {
    if (!this.isAlive) return NEVER;
    const { timeline, trace } = this.#world;
    const ordinal = ++this.#ordinal;
    const fault = this.#world.faultAt(this, ordinal, point) ?? NO_FAULT;
    const label = `${point.what} #${ordinal}`;
    if (fault.crash === 'before') {
      this.crash(`before ${label}`);
      return NEVER;
    }
    if (fault.freezeMs !== undefined) this.freeze(fault.freezeMs);
    const thereMs = this.draws.int(1, 4) + (fault.slowMs ?? 0);
    const backMs = this.draws.int(0, 3) + (fault.lateMs ?? 0);
    // What a process was about to send when it was stopped, it sends when it goes on.
    await timeline.delay(thereMs, this.isFrozen ? this : undefined);
    let answer: { value: T } | { error: unknown };
    try {
      answer = { value: await work(fault) };
    } catch (error) {
      answer = { error };
    }
    trace.note(this.name, label, () => describe(point, fault, answer));
    if (fault.crash === 'after') this.crash(`after ${label}`);
    await timeline.delay(backMs, this);
    if ('error' in answer) throw answer.error;
    return answer.value;
  }

  #uuid(seed: number): string {
    const time = this.#world.timeline.nowMs.toString(16).padStart(12, '0');
    const count = (++this.#ids).toString(16).padStart(4, '0');
    return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${(seed >>> 0).toString(16).padStart(8, '0')}${count}`;
  }

  #sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const wake = (): void => {
        signal?.removeEventListener('abort', wake);
        this.#world.timeline.cancel(event);
        resolve();
      };
      const event = this.#world.timeline.after(Math.min(ms, FAR_MS), this, wake);
      signal?.addEventListener('abort', wake, { once: true });
    });
  }
}

const NO_FAULT: CallFault = {};

function describe(point: CallPoint, fault: CallFault, answer: { value: unknown } | { error: unknown }): string {
  const injected = Object.keys(fault).length > 0 ? ` [${JSON.stringify(fault)}]` : '';
  const outcome = 'error' in answer ? `! ${(answer.error as Error).message}` : `= ${briefly(answer.value)}`;
  return `${point.detail?.() ?? ''} ${outcome}${injected}`.trim();
}

function briefly(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(briefly).join(', ')}]`;
  if (value instanceof Map) return `{${[...value.keys()].join(', ')}}`;
  if (typeof value === 'object' && value !== null && 'gen' in value) {
    const { id, state, stage, gen, epoch, attempt } = value as unknown as Record<string, string>;
    return `${id?.slice(-12)} ${state} stage ${stage} gen ${gen} epoch ${epoch} attempt ${attempt}`;
  }
  if (typeof value === 'object' && value !== null && 'kind' in value) return String(value.kind);
  return typeof value === 'object' ? '' : String(value);
}
