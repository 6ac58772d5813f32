import { setTimeout as delay } from 'node:timers/promises';
import type { System } from '../../deploy/local/system.d.mts';

const LOOK_MS = 100;
const COMING_UP_MS = 20_000;

/** From when to when a process stood still, on this machine's clock. `toMs` is absent while it does. */
export interface Standstill {
  readonly pid: number;
  readonly fromMs: number;
  toMs?: number;
}

/** Starts services again at once when they end, as a supervisor would that never waits, and knows which of them stand still. */
export class ProcessMinder {
  readonly standstills: Standstill[] = [];
  readonly #system: System;
  readonly #wanted: Readonly<Record<string, number>>;
  readonly #starts = new Map<string, Promise<unknown>>();
  readonly #ready: Set<number>;
  readonly #firstSeen = new Map<number, number>();
  readonly #loop: Promise<void>;
  #isStopping = false;
  /** Processes started in place of others so far. */
  started = 0;

  /** @param system whose services are ready. */
  constructor(system: System, wanted: Readonly<Record<string, number>>) {
    this.#system = system;
    this.#wanted = wanted;
    this.#ready = new Set(system.processes.map(({ pid }) => pid));
    this.#loop = this.#mind();
  }

  /**
   * Processes of these services that have come up and do not stand still: to kill nothing but starts would show nothing. While
   * a server is away none gets ready, so one that has run for a while counts too.
   */
  running(services: readonly string[]): readonly { readonly service: string; readonly name: string; readonly pid: number }[] {
    const still = new Set(this.standstills.filter(({ toMs }) => toMs === undefined).map(({ pid }) => pid));
    const isUp = (pid: number) => this.#ready.has(pid) || Date.now() - (this.#firstSeen.get(pid) ?? Date.now()) > COMING_UP_MS;
    return this.#system.processes.filter(({ service, pid }) => services.includes(service) && isUp(pid) && !still.has(pid));
  }

  /** True when the process stood still in the time just before the moment. */
  hasStoodStill(pid: number | undefined, atMs: number, beforeMs: number): boolean {
    return this.standstills.some((one) => one.pid === pid && one.fromMs <= atMs && (one.toMs ?? atMs) >= atMs - beforeMs);
  }

  /** Waits until all that should run do. */
  async whole(): Promise<void> {
    while (this.#starts.size > 0 || this.#missing().length > 0) await delay(LOOK_MS);
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#loop;
    await Promise.all(this.#starts.values());
  }

  /** Services of which too few run. One that is being started is not looked at: it takes the first free name. */
  #missing(): readonly string[] {
    const { processes } = this.#system;
    const isShort = ([service, count]: [string, number]) => processes.filter((one) => one.service === service).length < count;
    return Object.entries(this.#wanted)
      .filter((one) => !this.#starts.has(one[0]) && isShort(one))
      .map(([service]) => service);
  }

  async #mind(): Promise<void> {
    while (!this.#isStopping) {
      for (const service of this.#missing()) this.#start(service);
      for (const { pid } of this.#system.processes) if (!this.#firstSeen.has(pid)) this.#firstSeen.set(pid, Date.now());
      await delay(LOOK_MS);
    }
  }

  #start(service: string): void {
    const start = this.#system
      .spawnService(service)
      .then(({ pid }) => {
        this.started += 1;
        this.#ready.add(pid);
      })
      // Killed before it was ready: the next look starts another.
      .catch(() => undefined)
      .finally(() => this.#starts.delete(service));
    this.#starts.set(service, start);
  }
}
