import { expect } from 'chai';
import type { LaneWeights } from '../../../../shared/domain/job.ts';
import { done, EngineWorld } from '../../../support/engine-world.ts';
import { settled } from '../../../support/virtual-clock.ts';

const NO_LIMITS = { concurrency: undefined, startsPerSecond: undefined };

describe('StageEngine, tuned by operators', () => {
  it('fewer slots: no more handlers begin than those; more again: the others begin', async () => {
    const world = new EngineWorld();
    let slots: number | undefined = 1;
    let running = 0;
    world.script = () => {
      running += 1;
      return new Promise(() => undefined);
    };
    const { engine } = await world.worker({
      slots: 3,
      tuning: { stageLimits: () => ({ concurrency: slots, startsPerSecond: undefined }), laneWeights: () => undefined },
    });
    for (let count = 0; count < 5; count += 1) await world.submit();
    await world.clock.advanceUntil('one runs', () => running === 1);
    await settled();
    expect(running).to.equal(1);
    slots = undefined;
    engine.retuned();
    await world.clock.advanceUntil('three run', () => running === 3);
    await settled();
    expect(running).to.equal(3);
  });

  it('a rate: handlers begin as far apart, and at once again without it', async () => {
    const world = new EngineWorld();
    let startsPerSecond: number | undefined = 2;
    const startedMs: number[] = [];
    world.script = () => {
      startedMs.push(world.clock.monotonicMs());
      return new Promise(() => undefined);
    };
    const stageLimits = () => ({ concurrency: undefined, startsPerSecond });
    const { engine } = await world.worker({ slots: 6, tuning: { stageLimits, laneWeights: () => undefined } });
    for (let count = 0; count < 6; count += 1) await world.submit();
    await world.clock.advanceUntil('four have begun', () => startedMs.length === 4);
    expect(startedMs.slice(1).map((ms, index) => ms - startedMs[index]!)).to.satisfy((gaps: number[]) => gaps.every((gap) => gap >= 500));
    startsPerSecond = undefined;
    engine.retuned();
    await settled();
    expect(startedMs).to.have.length(6);
  });

  it('weights of lanes: decide whose turn it is', async () => {
    const world = new EngineWorld();
    const laneWeights = (): LaneWeights => ({ express: 1, standard: 1, bulk: 8, overflow: 1 });
    const order: string[] = [];
    let isHeld = true;
    world.script = async ({ record }) => {
      while (isHeld) await world.clock.sleep(10);
      if (record.stage === 0) order.push(record.lane);
      return done;
    };
    const { engine } = await world.worker({ slots: 1, stages: ['p1'], tuning: { stageLimits: () => NO_LIMITS, laneWeights } });
    for (const lane of ['express', 'standard', 'bulk'] as const) for (let count = 0; count < 10; count += 1) await world.submit({ lane });
    await world.clock.advanceUntil('all wait', () => engine.waiting === 29);
    isHeld = false;
    await world.clock.advanceUntil('all have run', () => order.length === 30);
    expect(order.slice(1, 11).filter((lane) => lane === 'bulk').length).to.be.within(7, 9);
  });
});
