import { expect } from 'chai';
import type { StageStatistics } from '../../shared/ports/stage-statistics.ts';

/** What every StageStatistics do. */
export function stageStatisticsContract(
  name: string,
  makeWorld: () => Promise<{ readonly statistics: StageStatistics; dispose(hasPassed: boolean): Promise<void> }>,
): void {
  describe(`StageStatistics: ${name}`, () => {
    it('what is put last, is all that there is', async function () {
      this.timeout(30_000);
      const { statistics, dispose } = await makeWorld();
      const one = { type: '$t.a', stage: 0, ms: [1, 2.5] };
      expect(await statistics.read()).to.deep.equal([]);
      await statistics.replace([one, { ...one, stage: 1 }]);
      await statistics.replace([one]);
      expect(await statistics.read()).to.deep.equal([one]);
      await dispose(true);
    });
  });
}
