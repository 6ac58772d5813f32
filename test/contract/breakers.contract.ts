import { expect } from 'chai';
import { type Breaker, setByHand } from '../../shared/domain/control/breaker.ts';
import type { Breakers } from '../../shared/ports/breakers.ts';

export interface BreakersWorld {
  readonly breakers: Breakers;
  dispose(hasPassed: boolean): Promise<void>;
}

/** What every Breakers must do. */
export function breakersContract(name: string, makeWorld: () => Promise<BreakersWorld>): void {
  describe(`${name}: breakers contract`, function () {
    this.timeout(30_000);
    let world: BreakersWorld;
    let breakers: Breakers;
    beforeEach(async () => {
      world = await makeWorld();
      breakers = world.breakers;
    });
    afterEach(function () {
      return world.dispose(this.currentTest?.isPassed() ?? false);
    });

    const now = new Date('2026-01-15T12:00:00.000Z');
    const opened = (id: string, before?: Breaker) =>
      setByHand(before, id, 'open', { now, by: 'ops', reason: '$reason {a.b}', until: new Date(now.getTime() + 60_000) });

    it('nothing written, is nothing, with the clock of the store', async () => {
      expect((await breakers.list()).breakers).to.deep.equal([]);
      const { now: at, breaker } = await breakers.read('a.example.com');
      expect(breaker).to.equal(undefined);
      expect(Math.abs(at.getTime() - Date.now())).to.be.below(60_000);
    });

    it('breakers that were written, are read as they were, by id', async () => {
      const [b, a] = [opened('b.example.com:8443'), opened('a.example.com')];
      expect([await breakers.swap(b), await breakers.swap(a)]).to.deep.equal([true, true]);
      expect((await breakers.read('b.example.com:8443')).breaker).to.deep.equal(b);
      expect((await breakers.list()).breakers).to.deep.equal([a, b]);
    });

    it('a version that does not follow the one that is there, is refused and changes nothing', async () => {
      const first = opened('a');
      const second = setByHand(first, 'a', 'closed', { now, by: 'ops', reason: 'mended' });
      expect(await breakers.swap(second)).to.equal(false);
      expect(await breakers.swap(first)).to.equal(true);
      expect(await breakers.swap(first)).to.equal(false);
      expect(await breakers.swap(second)).to.equal(true);
      expect(await breakers.swap({ ...second, reason: 'late' })).to.equal(false);
      expect((await breakers.read('a')).breaker).to.deep.equal(second);
    });

    it('ten that write the same version at once, one wins', async () => {
      const won = await Promise.all(Array.from({ length: 10 }, () => breakers.swap(opened('a'))));
      expect(won.filter(Boolean)).to.have.length(1);
    });
  });
}
