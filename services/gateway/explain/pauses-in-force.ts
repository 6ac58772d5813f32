import { type Pause, pauseOf } from '../../../shared/domain/control/pause.ts';
import type { JobRecord } from '../../../shared/domain/job.ts';
import type { CalendarWindow } from '../../../shared/domain/windows/calendar-window.ts';
import type { ControlSet } from '../../../shared/ports/controls.ts';
import type { GatewayDeps } from '../gateway-deps.ts';
import { specOf } from '../job-view.ts';
import { SharedAnswer } from './shared-answer.ts';

/** However many ask: the store is asked at most this often. */
const KEEP_MS = 1_000;

type PausesDeps = Pick<GatewayDeps, 'controls' | 'guard' | 'clock' | 'logger' | 'pipelines'>;

type InForce = Pick<ControlSet, 'pauses' | 'windows'>;

/** Which pause holds a job back, and which windows there are, as far as the store can be asked. */
export class PausesInForce {
  readonly #controls: SharedAnswer<InForce>;
  readonly #pipelines: PausesDeps['pipelines'];

  constructor({ controls, guard, clock, logger, pipelines }: PausesDeps) {
    this.#pipelines = pipelines;
    const read = async (): Promise<InForce> => {
      try {
        return await guard.run(() => controls.read());
      } catch (error) {
        logger.debug({ err: error }, 'pauses are not known');
        return { pauses: [], windows: [] };
      }
    };
    this.#controls = new SharedAnswer(clock, KEEP_MS, read);
  }

  async windows(): Promise<readonly CalendarWindow[]> {
    return (await this.#controls.get()).windows;
  }

  /** @param now the store's clock. */
  async of(record: JobRecord, now: Date): Promise<Pause | undefined> {
    const stage = specOf(this.#pipelines, record).stages[record.stage]!.name;
    const { pauses } = await this.#controls.get();
    return pauseOf(pauses, { stage, type: record.type, tenant: record.tenant }, now);
  }
}
