import { expect } from 'chai';
import type { Controls } from '../../shared/ports/controls.ts';

export interface ControlsWorld {
  readonly controls: Controls;
  dispose(hasPassed: boolean): Promise<void>;
}

const HOUR_MS = 3_600_000;
const P1 = { stage: 'p1' } as const;
/** Text that a database might take for code. */
const ODD = '$reason {a.b}';

/** What every Controls must do. */
export function controlsContract(name: string, makeWorld: () => Promise<ControlsWorld>): void {
  describe(`${name}: controls contract`, function () {
    this.timeout(30_000);
    let world: ControlsWorld;
    let controls: Controls;
    beforeEach(async () => {
      world = await makeWorld();
      controls = world.controls;
    });
    afterEach(function () {
      return world.dispose(this.currentTest?.isPassed() ?? false);
    });

    const pause = (token: string, more: Partial<Parameters<Controls['pause']>[0]> = {}) =>
      controls.pause({ selector: P1, reason: ODD, by: 'ops', token, ...more });

    it('nothing set, is nothing, with the clock of the store', async () => {
      const { now, pauses, drains } = await controls.read();
      expect([pauses, drains]).to.deep.equal([[], []]);
      expect(Math.abs(now.getTime() - Date.now())).to.be.below(60_000);
    });

    it('a pause, is read as it was made', async () => {
      const until = new Date(Date.now() + HOUR_MS);
      const from = new Date(Date.now() + HOUR_MS / 2);
      const made = await pause('a', { from, until, selector: { stage: 'p1', type: '$type', tenant: 'acme' } });
      expect(made).to.deep.include({ id: 'stage=p1,type=$type,tenant=acme', reason: ODD, by: 'ops', from, until, token: 'a' });
      expect(made.createdAt).to.be.instanceOf(Date);
      expect((await controls.read()).pauses).to.deep.equal([made]);
    });

    it('another pause with the same selector, takes its place; one with another stands beside it', async () => {
      await pause('a', { until: new Date(Date.now() + HOUR_MS) });
      const second = await pause('b', { reason: 'again' });
      const all = await pause('c', { selector: {} });
      expect(second).to.not.have.property('until');
      expect((await controls.read()).pauses).to.deep.equal([all, second]);
    });

    it('a pause made ten times at once, is one', async () => {
      await Promise.all(Array.from({ length: 10 }, (_, index) => pause(`t${index}`)));
      expect((await controls.read()).pauses).to.have.length(1);
    });

    it('a pause that is ended, is kept with its end; to end it again, what is over or was never there, is false', async () => {
      await pause('a');
      await pause('b', { selector: { type: 'x' }, until: new Date(Date.now() - 1_000) });
      expect([await controls.endPause('stage=p1'), await controls.endPause('stage=p1')]).to.deep.equal([true, false]);
      expect([await controls.endPause('type=x'), await controls.endPause('nothing')]).to.deep.equal([false, false]);
      const ended = (await controls.read()).pauses.find(({ id }) => id === 'stage=p1');
      expect(ended!.endedAt).to.be.instanceOf(Date);
      expect((await pause('c')).endedAt, 'a new one has not ended').to.equal(undefined);
    });

    it('a pause that is forgotten, is gone, but not one that took its place', async () => {
      await pause('a');
      await pause('b');
      await controls.forgetPause('stage=p1', 'a');
      expect((await controls.read()).pauses).to.have.length(1);
      await controls.forgetPause('stage=p1', 'b');
      expect((await controls.read()).pauses).to.deep.equal([]);
    });

    it('a drain, is read until it is ended', async () => {
      const drain = await controls.drain({ workerId: 'p1-worker@host:1:a$b', reason: ODD, by: 'ops' });
      expect(drain).to.deep.include({ workerId: 'p1-worker@host:1:a$b', reason: ODD, by: 'ops' });
      expect((await controls.read()).drains).to.deep.equal([drain]);
      expect([await controls.endDrain(drain.workerId), await controls.endDrain(drain.workerId)]).to.deep.equal([true, false]);
      expect((await controls.read()).drains).to.deep.equal([]);
    });

    it('a limit, is read as it was set; another for the same jobs takes its place; removed, it is gone', async () => {
      const selector = { tenant: 'acme', key: '$key.a' };
      const set = await controls.limit({ selector, concurrency: 2, reason: ODD, by: 'ops' });
      expect(set).to.deep.include({ id: 'tenant=acme,key=$key.a', selector, concurrency: 2, reason: ODD, by: 'ops' });
      expect((await controls.read()).limits).to.deep.equal([set]);
      const other = await controls.limit({ selector, concurrency: 1, reason: 'less', by: 'ops' });
      expect((await controls.read()).limits).to.deep.equal([other]);
      expect([await controls.endLimit(set.id), await controls.endLimit(set.id)]).to.deep.equal([true, false]);
      expect((await controls.read()).limits).to.deep.equal([]);
    });

    it('weights of lanes, are read as they were set last, until they are removed', async () => {
      expect(await controls.read()).to.not.have.property('laneWeights');
      const weights = { express: 6, standard: 3, bulk: 3, overflow: 1 };
      await controls.weighLanes({ weights, reason: 'once', by: 'ops' });
      const set = await controls.weighLanes({ weights: { ...weights, bulk: 9 }, reason: ODD, by: 'ops' });
      expect(set).to.deep.include({ weights: { ...weights, bulk: 9 }, reason: ODD, by: 'ops' });
      expect((await controls.read()).laneWeights).to.deep.equal(set);
      await controls.resetLanes();
      expect(await controls.read()).to.not.have.property('laneWeights');
    });
  });
}
