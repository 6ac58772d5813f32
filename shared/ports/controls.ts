import type { Breaker } from '../domain/control/breaker.ts';
import type { Limit } from '../domain/control/limit.ts';
import type { Pause } from '../domain/control/pause.ts';
import type { LaneWeights } from '../domain/job.ts';
import type { CalendarWindow } from '../domain/windows/calendar-window.ts';

/** That a worker process takes no new work. */
export interface WorkerDrain {
  readonly workerId: string;
  readonly reason: string;
  readonly by: string;
  readonly createdAt: Date;
}

/** How operators have weighed the lanes. */
export interface SetLaneWeights {
  readonly weights: LaneWeights;
  readonly reason: string;
  readonly by: string;
  readonly createdAt: Date;
}

/** Everything that operators have set, as of one moment of the store's clock. */
export interface ControlSet {
  readonly now: Date;
  /** With those that windows make. Those that have ended are kept until their jobs are owed again (`forgetPause`). */
  readonly pauses: readonly Pause[];
  readonly windows: readonly CalendarWindow[];
  readonly drains: readonly WorkerDrain[];
  /** Without their histories. */
  readonly breakers: readonly Breaker[];
  readonly limits: readonly Limit[];
  /** Absent: as configured. */
  readonly laneWeights?: SetLaneWeights;
}

/** What operators set, for all processes. Durable (majority) when it returns. Methods throw `StoreUnavailableError`. */
export interface Controls {
  read(): Promise<ControlSet>;
  /** In place of a pause with the same selector. */
  pause(pause: Pick<Pause, 'selector' | 'reason' | 'by' | 'from' | 'until' | 'token'>): Promise<Pause>;
  /** Ends a pause. @returns false when there is none, or it had ended. */
  endPause(id: string): Promise<boolean>;
  /** Removes a pause whose jobs are owed again, unless another has taken its place. */
  forgetPause(id: string, token: string): Promise<void>;
  /** In place of a limit with the same selector. */
  limit(limit: Omit<Limit, 'id' | 'createdAt'>): Promise<Limit>;
  /** @returns false when there was none. */
  endLimit(id: string): Promise<boolean>;
  weighLanes(weights: Omit<SetLaneWeights, 'createdAt'>): Promise<SetLaneWeights>;
  resetLanes(): Promise<void>;
  drain(drain: Pick<WorkerDrain, 'workerId' | 'reason' | 'by'>): Promise<WorkerDrain>;
  /** @returns false when there was none. */
  endDrain(workerId: string): Promise<boolean>;
}
