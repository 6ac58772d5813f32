import type { Breaker } from '../../../shared/domain/control/breaker.ts';
import type { JobRecord } from '../../../shared/domain/job.ts';
import { dependenciesOf, dependencyOfJob } from '../../../shared/jobs/outside/outside-sites.ts';
import type { GatewayDeps } from '../gateway-deps.ts';
import { specOf } from '../job-view.ts';

type BreakersDeps = Pick<GatewayDeps, 'breakers' | 'store' | 'guard' | 'logger' | 'pipelines' | 'outside'>;

/** Which open breaker holds a job back, as far as the store can be asked. */
export class BreakersInForce {
  readonly #deps: BreakersDeps;
  readonly #needing: ReadonlySet<string>;

  constructor(deps: BreakersDeps) {
    this.#deps = deps;
    this.#needing = new Set([...dependenciesOf(deps.outside).values()].flat().map(({ type, stage }) => `${type}:${stage}`));
  }

  async of(record: JobRecord): Promise<Breaker | undefined> {
    const { breakers, store, guard, logger, pipelines, outside } = this.#deps;
    const { type } = record;
    const stage = specOf(pipelines, record).stages[record.stage]!.name;
    if (!this.#needing.has(`${type}:${stage}`)) return undefined;
    try {
      return await guard.run(async () => {
        const payload = (await store.readPayloads([record.id])).get(record.id);
        const id = dependencyOfJob(outside, { type, stage }, payload?.input);
        const breaker = id === undefined ? undefined : (await breakers.read(id)).breaker;
        return breaker?.state === 'closed' ? undefined : breaker;
      });
    } catch (error) {
      logger.debug({ err: error }, 'breakers are not known');
      return undefined;
    }
  }
}
