import { expect } from 'chai';
import { historyOf } from '../../../../shared/domain/job-history.ts';
import { undoReplay } from '../../../../shared/domain/transitions.ts';
import { EngineWorld, reject } from '../../../support/engine-world.ts';

describe('history of a job whose replay was undone', () => {
  for (const fromBeginning of [false, true]) {
    it(`replayed ${fromBeginning ? 'from the beginning' : 'at the failed stage'}: shows the end, the replay and the end again, to the present record`, async () => {
      const world = new EngineWorld();
      world.script = (_, stage) => (stage.name === 'p2' ? reject : { kind: 'done' });
      const worker = await world.worker();
      const id = await world.submit();
      await world.until(id, 'FAILED');
      await world.clock.advance(1_000);
      worker.crash();
      await world.replayer.replay(undefined, id, { fromBeginning, mayBeUndone: true });
      const { gen } = world.record(id);
      expect(await world.store.apply([id], undoReplay({ gen, token: 't', retainMs: 1_000 }))).to.equal(1);
      const record = world.record(id);
      const points = historyOf(record);
      expect(points.slice(-3).map(({ state, stage, run }) => [state, stage, run])).to.deep.equal([
        ['FAILED', 1, 0],
        ['QUEUED', fromBeginning ? 0 : 1, 1],
        ['FAILED', 1, 1],
      ]);
      const { state, stage, run, attempt, gen: last, epoch } = record;
      expect(points.at(-1)).to.include({ state, stage, run, attempt, gen: last, epoch });
    });
  }
});
