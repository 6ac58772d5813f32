import { expect } from 'chai';
import { StageHistory } from '../../../../shared/domain/eta/stage-history.ts';
import { defineJobType, Pipelines } from '../../../../shared/domain/pipeline.ts';
import { rebuildStatistics } from '../../../../shared/jobs/rebuild-statistics.ts';
import type { EndedJob } from '../../../../shared/ports/queue-figures.ts';
import { MemoryStageStatistics } from '../../../support/memory-stage-statistics.ts';

const at = (ms: number) => new Date(1_800_000_000_000 + ms);
const job = (id: number, type: string, tookMs: number, state: EndedJob['state'] = 'COMPLETED'): EndedJob => ({
  ...{ id: String(id), type, lane: 'standard', state, run: 0, createdAt: at(0), doneAt: at(tookMs) },
  results: [{ stage: 0, run: 0, epoch: 1, claim: 'c', startedAt: at(0), at: at(tookMs) }],
});

describe('rebuildStatistics', () => {
  const pipelines = new Pipelines(['often', 'rare'].map((name) => defineJobType(name, [{ name: 'p1' }])));

  it('stages, are known by 100 values of the last ended jobs, and a history without such jobs falls back to them', async () => {
    const statistics = new MemoryStageStatistics();
    const jobs = [...Array.from({ length: 1_000 }, (_, index) => job(index, 'often', index + 1)), job(1_000, 'rare', 7_000)];
    const figures = { lastEnded: async () => jobs };
    expect(await rebuildStatistics({ figures, statistics, pipelines })).to.equal(2);
    const [often] = await statistics.read();
    expect([often!.ms.length, often!.ms[0], often!.ms[50], often!.ms[99]]).to.deep.equal([100, 5, 505, 995]);
    const history = new StageHistory([job(1, 'often', 40)], await statistics.read());
    expect(history.service('often', 0).spread()).to.deep.equal({ p50Ms: 40, p90Ms: 40 });
    expect(history.service('rare', 0).spread()).to.deep.equal({ p50Ms: 7_000, p90Ms: 7_000 });
  });

  it('a stage none of whose jobs is left, keeps what it was known by; a type that is gone does not, and failures tell nothing', async () => {
    const statistics = new MemoryStageStatistics();
    await statistics.replace([
      { type: 'rare', stage: 0, ms: [5] },
      { type: 'gone', stage: 0, ms: [6] },
    ]);
    const figures = { lastEnded: async () => [job(1, 'often', 10), job(2, 'often', 99, 'FAILED')] };
    await rebuildStatistics({ figures, statistics, pipelines });
    expect(await statistics.read()).to.deep.equal([
      { type: 'often', stage: 0, ms: [10] },
      { type: 'rare', stage: 0, ms: [5] },
    ]);
  });
});
