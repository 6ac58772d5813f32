import type { JobRecord } from '../job.ts';
import type { Spread } from './durations.ts';
import { EtaCalibration } from './eta-calibration.ts';

/** Predictions remembered at once; with more, new ones are not remembered: to forget the old ones would leave the short ones alone. */
const MOST = 2_000;

/**
 * Predictions of a group from one sample that teach the calibration: a thousand jobs of one burst share one error, and would
 * push out everything else that is known.
 */
const TEACHING = 3;

/** A prediction whose job has not ended yet. */
interface Pending {
  readonly group: string;
  readonly run: number;
  readonly atMs: number;
  readonly predicted: Spread;
  readonly shown: Spread;
  readonly isTeaching: boolean;
}

type Ended = Pick<JobRecord, 'id' | 'run' | 'state' | 'doneAt'>;

/** Remembers what was predicted until the job has ended. A job counts once in each phase, by its first prediction, however often it is asked for. */
export class PredictionBook {
  readonly calibration = new EtaCalibration();
  readonly #pending = new Map<string, Map<string, Pending>>();
  readonly #teaching = new Map<string, number>();
  #count = 0;

  /** What is predicted from now on rests on another sample. */
  newSample(): void {
    this.#teaching.clear();
  }

  /** Scales a prediction, and remembers it. @param nowMs the store's clock. */
  predict({ id, run }: Pick<JobRecord, 'id' | 'run'>, group: string, predicted: Spread, nowMs: number): Spread {
    const shown = this.calibration.scale(group, predicted);
    const own = this.#pending.get(id) ?? new Map<string, Pending>();
    if (!own.has(group) && this.#count < MOST) {
      const before = this.#teaching.get(group) ?? 0;
      this.#teaching.set(group, before + 1);
      own.set(group, { group, run, atMs: nowMs, predicted, shown, isTeaching: before < TEACHING });
      this.#pending.set(id, own);
      this.#count += 1;
    }
    return shown;
  }

  /** Compares what was predicted with what became of the job. One that did not complete, or was run again, tells nothing. */
  settle({ id, run, state, doneAt }: Ended): void {
    const own = this.#pending.get(id);
    if (!own) return;
    this.forget(id);
    if (state !== 'COMPLETED' || !doneAt) return;
    for (const { run: of, atMs, ...one } of own.values()) {
      if (of === run) this.calibration.note({ ...one, actualMs: Math.max(doneAt.getTime() - atMs, 0) });
    }
  }

  forget(id: string): void {
    this.#count -= this.#pending.get(id)?.size ?? 0;
    this.#pending.delete(id);
  }

  /** Ids of the jobs to look at next, those that were not looked at for longest. */
  next(limit: number): readonly string[] {
    const ids = [...this.#pending.keys()].slice(0, limit);
    for (const id of ids) {
      const own = this.#pending.get(id)!;
      this.#pending.delete(id);
      this.#pending.set(id, own);
    }
    return ids;
  }

  /** Predictions whose job has not ended yet. */
  get remembered(): number {
    return this.#count;
  }
}
