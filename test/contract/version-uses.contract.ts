import { expect } from 'chai';
import type { JobRecord } from '../../shared/domain/job.ts';
import type { VersionUses } from '../../shared/ports/version-uses.ts';
import { FUTURE, PAST, storedRecord } from './store-records.ts';

/** Uses of versions over a store that is empty. */
export interface VersionUsesWorld {
  readonly uses: VersionUses;
  put(records: readonly JobRecord[]): Promise<void>;
  dispose(hasPassed: boolean): Promise<void>;
}

/** What every VersionUses must do. */
export function versionUsesContract(name: string, makeWorld: () => Promise<VersionUsesWorld>): void {
  describe(`${name}: uses of versions contract`, function () {
    this.timeout(30_000);
    let world: VersionUsesWorld;
    beforeEach(async () => {
      world = await makeWorld();
    });
    afterEach(function () {
      return world.dispose(this.currentTest?.isPassed() ?? false);
    });

    it('jobs of every open state and dead letters, are counted by the version that they have pinned; what has ended otherwise is not', async () => {
      const over = { active: undefined as never, doneAt: PAST, expireAt: FUTURE };
      const pub = { due: FUTURE, by: 'x' };
      await world.put([
        storedRecord({ type: 'a', pipelineVersion: 1, state: 'QUEUED', pub }),
        storedRecord({ type: 'a', pipelineVersion: 1, state: 'RUNNING', claim: 'c', owner: 'o', lease: { until: FUTURE } }),
        storedRecord({ type: 'a', pipelineVersion: 1, state: 'RETRY_WAIT', pub }),
        storedRecord({ type: 'a', pipelineVersion: 1, state: 'SCHEDULED', pub }),
        storedRecord({ type: 'a', pipelineVersion: 2, state: 'QUEUED', pub }),
        storedRecord({ type: 'a', pipelineVersion: 2, state: 'FAILED', ...over }),
        storedRecord({ type: 'b', pipelineVersion: 1, state: 'FAILED', ...over }),
        storedRecord({ type: 'c', pipelineVersion: 1, state: 'COMPLETED', ...over }),
        storedRecord({ type: 'c', pipelineVersion: 1, state: 'CANCELED', ...over }),
      ]);
      const uses = (await world.uses.read()).map(({ type, version, active, deadLetters }) => [type, version, active, deadLetters]);
      expect(uses.toSorted()).to.deep.equal([
        ['a', 1, 4, 0],
        ['a', 2, 1, 1],
        ['b', 1, 0, 1],
      ]);
    });
  });
}
