import { expect } from 'chai';
import { SCHEMA_VERSION } from '../../../../shared/domain/job.ts';
import { defineJobType, type JobTypeSpec } from '../../../../shared/domain/pipeline.ts';
import { done, EngineWorld } from '../../../support/engine-world.ts';

/** Types `job` and `quick` in a second version, whose first stage has a handler and a queue of its own, and whose second is shared. */
class TwoVersions extends EngineWorld {
  protected override moreTypes(): readonly JobTypeSpec[] {
    return ['job', 'quick', 'twice'].map((name) =>
      defineJobType(name, [{ name: 'p1-v2', isInline: name !== 'job' }, { name: 'p2', isInline: name !== 'job' }, { name: 'p3' }], {
        version: 2,
      }),
    );
  }
}

describe('versions of a job type', () => {
  let world: TwoVersions;
  let seen: string[];
  beforeEach(() => {
    world = new TwoVersions();
    seen = [];
    world.script = ({ record }, stage) => {
      seen.push(`v${record.pipelineVersion} ${stage.name}`);
      return done;
    };
  });

  for (const type of ['job', 'quick', 'twice']) {
    it(`${type}: jobs of both, side by side: each goes through the stages of its own, at workers of these stages`, async () => {
      const old = await world.insert({ type, pipelineVersion: 1 });
      const young = await world.submit({ type });
      expect(world.record(young).pipelineVersion).to.equal(2);
      await world.worker({ stages: ['p1'], owner: 'old' });
      await world.clock.advance(20_000);
      await world.relayNow();
      await world.clock.advance(2_000);
      expect(new Set(seen), 'only old ones').to.deep.equal(new Set(['v1 p1']));
      expect(world.record(young)).to.include({ state: 'QUEUED', stage: 0, epoch: 0 });
      await world.worker({ stages: ['p1-v2', 'p2', 'p3'], owner: 'new' });
      await world.relayNow();
      await world.clock.advanceUntil('both are done', () => [old, young].every((id) => world.state(id) === 'COMPLETED'), 120_000);
      expect(seen.toSorted()).to.deep.equal(['v1 p1', 'v1 p2', 'v2 p1-v2', 'v2 p2', 'v2 p3']);
      expect(world.record(young).results).to.have.length(3);
      expect(world.record(old).results).to.have.length(2);
    });

    it(`${type}: of a version that the worker of its stage does not know, goes back with the reason, and is no attempt`, async () => {
      const id = await world.submit({ type });
      world.patch(id, { pipelineVersion: 7 });
      await world.ring(id, { type });
      await world.worker({ stages: ['p1', 'p1-v2', 'p2', 'p3'] });
      await world.clock.advance(2_000);
      expect(seen).to.deep.equal([]);
      expect(world.record(id)).to.include({ state: 'QUEUED', attempt: 0, gen: 2 });
      expect(world.record(id).log.at(-1)).to.include({
        event: 'released',
        message: `This worker knows version 2 and 1 of ${type}, the job is of version 7.`,
      });
    });

    it(`${type}: a record of a later schema, is not run, and goes back with the reason until somebody can read it`, async () => {
      const id = await world.insert({ type, pipelineVersion: 1 });
      world.patch(id, { schemaVersion: SCHEMA_VERSION + 1 });
      await world.ring(id, { type });
      await world.worker();
      await world.clock.advance(2_000);
      expect(seen).to.deep.equal([]);
      expect(world.record(id).log.at(-1)!.message).to.equal(
        `The record has schema version ${SCHEMA_VERSION + 1}; the release of this worker reads up to ${SCHEMA_VERSION}.`,
      );
      world.patch(id, { schemaVersion: SCHEMA_VERSION });
      await world.clock.advance(35_000);
      await world.relayNow();
      await world.until(id, 'COMPLETED');
    });
  }
});
