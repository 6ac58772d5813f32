import type { Pause } from '../domain/control/pause.ts';
import type { CalendarWindow } from '../domain/windows/calendar-window.ts';

/** That a worker process takes no new work. */
export interface WorkerDrain {
  readonly workerId: string;
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
  drain(drain: Pick<WorkerDrain, 'workerId' | 'reason' | 'by'>): Promise<WorkerDrain>;
  /** @returns false when there was none. */
  endDrain(workerId: string): Promise<boolean>;
}
