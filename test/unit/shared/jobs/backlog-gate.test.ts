import { expect } from 'chai';
import { OverloadedError } from '../../../../shared/domain/failures.ts';
import { BacklogGate } from '../../../../shared/jobs/backlog-gate.ts';
import { JobSubmitter } from '../../../../shared/jobs/submit-job.ts';
import { EngineWorld } from '../../../support/engine-world.ts';
import { settled } from '../../../support/virtual-clock.ts';

const isInsert = ({ method }: { method: string }): boolean => method === 'insert';
const isCount = ({ method }: { method: string }): boolean => method === 'countQueued';
const COUNT_MS = 2_000;
/** Reached after a minute of 30 jobs a second of which 10 are worked off. */
const BOUND = 1_000;

describe('BacklogGate', () => {
  let world: EngineWorld;
  let gate: BacklogGate;
  beforeEach(() => {
    world = new EngineWorld();
  });
  afterEach(() => gate.stop());

  const gateOf = (maxWaiting: number) => (gate = new BacklogGate(world.store, world.clock, maxWaiting));
  const counts = () => world.store.calls.filter(isCount).length;

  /** Ends so many of the queued jobs. */
  function workOff(jobs: number): void {
    const queued = world.store.all().filter(({ state }) => state === 'QUEUED');
    for (const { id } of queued.slice(0, jobs)) world.patch(id, { state: 'COMPLETED' });
  }

  /** Seconds told, or undefined where it was let in. */
  async function knock(): Promise<number | undefined> {
    try {
      gate.admit(1);
    } catch (error) {
      return (error as OverloadedError).retryAfterSeconds;
    }
    await world.insert();
    return undefined;
  }

  /** A full gate that has seen 10 jobs a second being worked off. */
  async function full(): Promise<void> {
    gateOf(BOUND);
    while (gate.figures.refused === 0) {
      await world.clock.advance(1_000);
      workOff(10);
      for (let n = 0; n < 30 && gate.figures.refused === 0; n += 1) await knock();
    }
  }

  it('more than may wait, is refused with a time to come back; once some are worked off, lets in', async () => {
    const submitter = new JobSubmitter({ ...world.deps, gate: gateOf(2) });
    await Promise.all([1, 2].map(() => submitter.submit(world.request())));
    const error = await submitter.submit(world.request()).catch((one: unknown) => one);
    expect(error).to.be.instanceOf(OverloadedError).with.property('retryAfterSeconds').that.is.within(1, 300);
    expect(gate.figures).to.deep.equal({ waiting: 2, maxWaiting: 2, admitted: 2, refused: 1, returnMs: 0 });
    workOff(2);
    await world.clock.advance(COUNT_MS);
    expect((await submitter.submit(world.request())).created).to.equal(true);
  });

  it('many of which some fit, lets these in and refuses the others with a time to come back', async () => {
    const submitter = new JobSubmitter({ ...world.deps, gate: gateOf(3) });
    const inserts = () => world.store.calls.filter(isInsert).length;
    const answers = await submitter.submitMany(Array.from({ length: 5 }, () => world.request()));
    expect(answers.map((answer) => answer instanceof OverloadedError)).to.deep.equal([false, false, false, true, true]);
    expect(answers[3]).to.have.property('retryAfterSeconds').that.is.within(1, 300);
    expect([world.store.all().length, inserts()]).to.deep.equal([3, 1]);
    const none = await submitter.submitMany([world.request()]);
    expect([none[0] instanceof OverloadedError, inserts()], 'nothing is inserted for none').to.deep.equal([true, 1]);
    expect(gate.admitSome(0)).to.deep.equal({ admitted: 0 });
  });

  it('several are refused, each is told a moment of its own, as far apart as jobs are worked off', async () => {
    await full();
    const told = await Promise.all(Array.from({ length: 90 }, knock));
    expect(told[0]).to.equal(1);
    // 10 a second, of which a tenth is not promised.
    expect(told.at(-1)).to.be.within(9, 11);
    expect(gate.figures.returnMs).to.be.within(9_000, 11_000);
  });

  it('whoever comes when it was told to, after the load has stopped, is let in', async () => {
    await full();
    const told = (await Promise.all(Array.from({ length: 200 }, knock))).map((seconds) => seconds!);
    const answers: (number | undefined)[] = [];
    for (let second = 1; second <= Math.max(...told); second += 1) {
      await world.clock.advance(1_000);
      workOff(10);
      for (const _ of told.filter((seconds) => seconds === second)) answers.push(await knock());
    }
    expect(answers).to.have.length(200);
    expect(answers.filter((seconds) => seconds === undefined).length).to.be.at.least(190);
    expect(world.store.all().filter(({ state }) => state === 'QUEUED').length).to.be.at.most(BOUND);
  });

  it('nobody comes any more, counts until nothing waits, so that its figures do not stand still', async () => {
    await full();
    for (let second = 0; second < BOUND / 10; second += 1) {
      await world.clock.advance(1_000);
      workOff(10);
    }
    await world.clock.advance(COUNT_MS);
    expect(gate.figures.waiting).to.equal(0);
    const before = counts();
    await world.clock.advance(60_000);
    expect(counts()).to.equal(before);
  });

  it('a burst before anybody knows how fast jobs are worked off, tells a few seconds and is counted soon', async () => {
    gateOf(100);
    for (let n = 0; n < 100; n += 1) await knock();
    await world.clock.advance(400);
    expect([await knock(), counts()]).to.deep.equal([5, 1]);
    await world.clock.advance(100);
    workOff(10);
    expect(await knock()).to.equal(5);
    await settled();
    expect(counts()).to.equal(2);
    await world.clock.advance(400);
    expect(await knock(), 'ten in half a second make room at once').to.equal(undefined);
  });

  it('nothing is worked off, tells half a minute', async () => {
    gateOf(2);
    await knock();
    await world.clock.advance(2 * COUNT_MS);
    await knock();
    expect(await knock()).to.equal(30);
  });

  it('a backlog that takes long to count, is counted more rarely', async () => {
    gateOf(1_000);
    world.store.hook = async ({ method }) => {
      if (method === 'countQueued') await world.clock.sleep(1_000);
    };
    await knock();
    await world.clock.advance(15_000);
    expect(counts()).to.equal(1);
    await world.clock.advance(10_000);
    expect(counts()).to.equal(2);
  });

  it('a store that is away, does not refuse by itself, and is counted again', async () => {
    gateOf(2);
    world.store.failBefore(1, ({ method }) => method === 'countQueued');
    gate.admit(1);
    await settled();
    gate.admit(1);
    await world.clock.advance(COUNT_MS);
    expect(counts()).to.equal(2);
  });
});
