import { type Pause, pauseOf } from '../../../shared/domain/control/pause.ts';
import type { JobRecord } from '../../../shared/domain/job.ts';
import type { GatewayDeps } from '../gateway-deps.ts';
import { specOf } from '../job-view.ts';
import { SharedAnswer } from './shared-answer.ts';

/** However many ask: the store is asked at most this often. */
const KEEP_MS = 1_000;

type PausesDeps = Pick<GatewayDeps, 'controls' | 'guard' | 'clock' | 'logger' | 'pipelines'>;

/** Which pause holds a job back, as far as the store can be asked. */
export class PausesInForce {
  readonly #pauses: SharedAnswer<readonly Pause[]>;
  readonly #pipelines: PausesDeps['pipelines'];

  constructor({ controls, guard, clock, logger, pipelines }: PausesDeps) {
    this.#pipelines = pipelines;
    const read = async (): Promise<readonly Pause[]> => {
      try {
        return (await guard.run(() => controls.read())).pauses;
      } catch (error) {
        logger.debug({ err: error }, 'pauses are not known');
        return [];
      }
    };
    this.#pauses = new SharedAnswer(clock, KEEP_MS, read);
  }

  /** @param now the store's clock. */
  async of(record: JobRecord, now: Date): Promise<Pause | undefined> {
    const stage = specOf(this.#pipelines, record).stages[record.stage]!.name;
    return pauseOf(await this.#pauses.get(), { stage, type: record.type, tenant: record.tenant }, now);
  }
}
