import { expect } from 'chai';
import { StoreUnavailableError } from '../../../../shared/domain/failures.ts';
import { defineJobType, Pipelines } from '../../../../shared/domain/pipeline.ts';
import { EtaKeeper } from '../../../../shared/jobs/eta-keeper.ts';
import type { QueueFigures, QueueShape } from '../../../../shared/ports/queue-figures.ts';
import { systemClock } from '../../../../shared/runtime/system-clock.ts';
import { ETA_SCENARIOS } from '../../../support/eta-scenarios.ts';
import { EtaSimulation } from '../../../support/eta-simulation.ts';
import { silentLogger } from '../../../support/silent-logger.ts';
import { record } from '../domain/job-record.ts';

/** A keeper over one queue whose figures and clock a test moves. */
class KeeperWorld {
  nowMs = 0;
  asked = 0;
  read: () => Promise<readonly QueueShape[]> = async () => [this.queue(['job'])];
  readonly keeper: EtaKeeper;

  constructor(ids = 'abc') {
    const clock = { ...systemClock, monotonicMs: () => this.nowMs };
    const ended = [...ids].map((id) => record({ ...DONE, id }));
    const figures: QueueFigures = {
      queues: async () => {
        this.asked += 1;
        return { now: new Date(START_MS + this.nowMs), queues: await this.read() };
      },
      lastEnded: async () => ended,
    };
    const pipelines = new Pipelines([defineJobType('job', [{ name: 'p1' }])]);
    this.keeper = new EtaKeeper({ figures, store: { read: async () => [] }, pipelines, clock, logger: silentLogger() });
  }

  queue(ids: readonly string[], rungBefore = 0): QueueShape {
    return { stage: 0, lane: 'standard', count: ids.length, rung: ids.length, rungBefore, order: { ids } };
  }

  /** Looks, and waits until what was asked for is there. */
  async look(more = {}) {
    const outlook = this.keeper.outlookOf(record({ id: 'job', ...more }));
    await new Promise((resolve) => setImmediate(resolve));
    return outlook;
  }
}

const START_MS = Date.UTC(2026, 0, 15, 12);
const result = { stage: 0, run: 0, epoch: 1, claim: 'c', startedAt: new Date(START_MS + 100), at: new Date(START_MS + 1_100) };
const DONE = {
  state: 'COMPLETED',
  active: undefined as never,
  createdAt: new Date(START_MS),
  doneAt: result.at,
  results: [result],
} as const;

describe('EtaKeeper', () => {
  it('the first look: nothing is said yet; the next: the place and the expected end, from one question to the store', async () => {
    const world = new KeeperWorld();
    expect(await world.look()).to.deep.equal({});
    world.nowMs = 1_000;
    for (let n = 0; n < 50; n += 1) {
      const { queuePosition, eta } = await world.look();
      expect(queuePosition).to.equal(1);
      // A wait of 0.1 s and a second of work.
      expect(eta!.p50.getTime()).to.equal(START_MS + 1_000 + 1_100);
    }
    expect(world.asked).to.equal(1);
  });

  it('how long nine of ten of a type take: is read for who asks first, and not said while too few have ended', async () => {
    const world = new KeeperWorld();
    expect(await world.keeper.p90Of('job'), 'of three').to.equal(undefined);
    const many = new KeeperWorld('abcdefghij');
    expect(await many.keeper.p90Of('job')).to.equal(1_000);
    expect(await many.keeper.p90Of('unknown')).to.equal(undefined);
    expect(many.asked).to.equal(1);
  });

  it('nobody asks: nothing is read; one asks again after a while: nothing old is shown', async () => {
    const world = new KeeperWorld();
    await world.look();
    world.nowMs = 60_000;
    expect(world.asked).to.equal(1);
    expect(await world.look()).to.deep.equal({});
    expect(world.asked).to.equal(2);
    expect((await world.look()).queuePosition).to.equal(1);
  });

  it('figures that cannot be read: nothing is said, nothing is thrown, and it is not tried at each look', async () => {
    const world = new KeeperWorld();
    world.read = () => Promise.reject(new StoreUnavailableError('away'));
    for (let n = 0; n < 10; n += 1) expect(await world.look()).to.deep.equal({});
    expect([world.asked, world.keeper.figures.failures]).to.deep.equal([1, 1]);
  });

  it('figures that take long: are asked for once at a time, and then rarely', async () => {
    const world = new KeeperWorld();
    let answer = (_: readonly QueueShape[]): void => undefined;
    world.read = () => new Promise((resolve) => (answer = resolve));
    for (let n = 0; n < 10; n += 1) await world.look();
    world.nowMs = 1_000;
    answer([world.queue(['job'])]);
    await world.look();
    world.nowMs = 18_000;
    await world.look();
    expect(world.asked, 'a twentieth of the time').to.equal(1);
    world.nowMs = 21_000;
    await world.look();
    expect(world.asked).to.equal(2);
  });

  it('a queue of which nothing leaves: the place, and no expected end', async () => {
    const world = new KeeperWorld();
    world.read = async () => [world.queue(['job', 'x'], 2)];
    for (const nowMs of [0, 2_500, 5_000]) {
      world.nowMs = nowMs;
      await world.look();
    }
    expect(await world.look()).to.deep.equal({ queuePosition: 1 });
  });

  it('jobs that have ended: nothing is said of them, and what was said is compared with their end', async () => {
    const world = new KeeperWorld();
    await world.look();
    await world.look();
    expect(world.keeper.figures.remembered).to.equal(1);
    expect(await world.look(DONE)).to.deep.equal({});
    expect(world.keeper.figures.calibration.ended).to.deep.equal({ by_p50: 1, by_p90: 0, later: 0 });
  });

  it('a type that is not known here: its place alone', async () => {
    const world = new KeeperWorld();
    await world.look();
    expect(await world.look({ type: 'retired' })).to.deep.equal({ queuePosition: 1 });
  });

  for (const index of [0, 6]) {
    const { name } = ETA_SCENARIOS[index]!;
    it(`a simulated load, ${name}: about half end by the p50, about nine of ten by the p90`, async function () {
      this.timeout(120_000);
      const { calibration } = await new EtaSimulation({ ...ETA_SCENARIOS[index]!, hours: 1 }, 7).run();
      const { by_p50, by_p90, later } = calibration.ended;
      const all = by_p50 + by_p90 + later;
      expect(all).to.be.above(2_000);
      expect(by_p50 / all).to.be.within(0.4, 0.6);
      expect((by_p50 + by_p90) / all).to.be.within(0.84, 0.95);
    });
  }
});
