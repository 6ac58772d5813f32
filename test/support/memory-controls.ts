import { type Limit, limitIdOf } from '../../shared/domain/control/limit.ts';
import { isOver, type Pause, pauseIdOf } from '../../shared/domain/control/pause.ts';
import { windowPauses } from '../../shared/domain/windows/window-pauses.ts';
import type { Breakers } from '../../shared/ports/breakers.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { ControlSet, Controls, SetLaneWeights, WorkerDrain } from '../../shared/ports/controls.ts';

import { MemoryCalendarWindows } from './memory-calendar-windows.ts';

const byId = (a: string, b: string): number => (a < b ? -1 : 1);

/** Controls in memory that pass the contract of the real ones. */
export class MemoryControls implements Controls {
  readonly #clock: Clock;
  readonly #pauses = new Map<string, Pause>();
  readonly #drains = new Map<string, WorkerDrain>();
  #laneWeights: SetLaneWeights | undefined;
  readonly #limits = new Map<string, Limit>();
  readonly windows: MemoryCalendarWindows;

  readonly #breakers: Pick<Breakers, 'list'> | undefined;

  constructor({ clock, breakers }: { clock: Clock; breakers?: Pick<Breakers, 'list'> }) {
    this.#clock = clock;
    this.#breakers = breakers;
    const leave = (pause: Pause) => void this.#pauses.set(pause.id, { ...pause, endedAt: clock.now() });
    this.windows = new MemoryCalendarWindows({ clock, leave });
  }

  async read(): Promise<ControlSet> {
    const pauses = [...this.#pauses.values()].sort((a, b) => byId(a.id, b.id));
    const drains = [...this.#drains.values()].sort((a, b) => byId(a.workerId, b.workerId));
    const breakers = ((await this.#breakers?.list())?.breakers ?? []).map((breaker) => ({ ...breaker, history: [] }));
    const limits = [...this.#limits.values()].sort((a, b) => byId(a.id, b.id));
    const [now, windows] = [this.#clock.now(), this.windows.all()];
    return structuredClone({
      now,
      pauses: [...pauses, ...windowPauses(windows, now)],
      windows,
      drains,
      breakers,
      limits,
      ...(this.#laneWeights && { laneWeights: this.#laneWeights }),
    });
  }

  async pause(wanted: Parameters<Controls['pause']>[0]): Promise<Pause> {
    const { selector, reason, by, from, until, token } = structuredClone(wanted);
    const id = pauseIdOf(selector);
    const createdAt = this.#clock.now();
    const pause: Pause = { id, selector, reason, by, createdAt, token, ...(from && { from }), ...(until && { until }) };
    this.#pauses.set(id, pause);
    return structuredClone(pause);
  }

  async endPause(id: string): Promise<boolean> {
    const pause = this.#pauses.get(id);
    if (!pause || isOver(pause, this.#clock.now())) return false;
    this.#pauses.set(id, { ...pause, endedAt: this.#clock.now() });
    return true;
  }

  async forgetPause(id: string, token: string): Promise<void> {
    if (this.#pauses.get(id)?.token === token) this.#pauses.delete(id);
  }

  async limit(wanted: Parameters<Controls['limit']>[0]): Promise<Limit> {
    const limit = { ...structuredClone(wanted), id: limitIdOf(wanted.selector), createdAt: this.#clock.now() };
    this.#limits.set(limit.id, limit);
    return structuredClone(limit);
  }

  async endLimit(id: string): Promise<boolean> {
    return this.#limits.delete(id);
  }

  async weighLanes(wanted: Parameters<Controls['weighLanes']>[0]): Promise<SetLaneWeights> {
    this.#laneWeights = { ...structuredClone(wanted), createdAt: this.#clock.now() };
    return structuredClone(this.#laneWeights);
  }

  async resetLanes(): Promise<void> {
    this.#laneWeights = undefined;
  }

  async drain(wanted: Parameters<Controls['drain']>[0]): Promise<WorkerDrain> {
    const drain = { ...wanted, createdAt: this.#clock.now() };
    this.#drains.set(drain.workerId, drain);
    return structuredClone(drain);
  }

  async endDrain(workerId: string): Promise<boolean> {
    return this.#drains.delete(workerId);
  }
}
