import { expect } from 'chai';
import type { LimitPlaces, WantedPlace } from '../../shared/ports/limit-places.ts';
import { eventually } from '../support/eventually.ts';

export interface LimitPlacesWorld {
  readonly places: LimitPlaces;
  dispose(hasPassed: boolean): Promise<void>;
}

/** Text that a database might take for code. */
const NAME = 'key:acme/$a.b';

/** What all LimitPlaces must do. */
export function limitPlacesContract(name: string, makeWorld: () => Promise<LimitPlacesWorld>): void {
  describe(`${name}: limit places contract`, function () {
    this.timeout(30_000);
    let world: LimitPlacesWorld;
    let places: LimitPlaces;
    beforeEach(async () => {
      world = await makeWorld();
      places = world.places;
    });
    afterEach(function () {
      return world.dispose(this.currentTest?.isPassed() ?? false);
    });

    const wanted = (claim: string, more: Partial<WantedPlace> = {}): WantedPlace => ({
      ...{ name: NAME, jobId: `job of ${claim}`, claim, places: 1, forMs: 60_000 },
      ...more,
    });

    it('one place, is had by one claim; the same may ask again; given back, by the next', async () => {
      expect([await places.take(wanted('a')), await places.take(wanted('b')), await places.take(wanted('a'))]).to.deep.equal([
        true,
        false,
        true,
      ]);
      expect(await places.look(NAME)).to.deep.equal({ taken: 1, keptFor: [] });
      await places.free(NAME, 'a');
      await places.free(NAME, 'a');
      expect([await places.take(wanted('b')), await places.take(wanted('a'))]).to.deep.equal([true, false]);
    });

    it('three places and twenty claims at once: three have one', async () => {
      const taken = await Promise.all(Array.from({ length: 20 }, (_, index) => places.take(wanted(`c${index}`, { places: 3 }))));
      expect(taken.filter(Boolean)).to.have.length(3);
    });

    it('another claim of the same job, whose first holder may live: has to wait as any other', async () => {
      await places.take(wanted('a', { jobId: 'same' }));
      expect(await places.take(wanted('b', { jobId: 'same' }))).to.equal(false);
    });

    it('limits of another name: have places of their own', async () => {
      await places.take(wanted('a'));
      expect(await places.take(wanted('b', { name: 'tenant:acme' }))).to.equal(true);
    });

    it('a place that is kept: is for its job alone, is kept once, and counts as taken', async () => {
      const kept = { name: NAME, jobId: 'next', places: 1, forMs: 60_000 };
      expect([await places.keep(kept), await places.keep(kept), await places.keep({ ...kept, places: 9 })]).to.deep.equal([
        true,
        false,
        false,
      ]);
      expect(await places.look(NAME)).to.deep.equal({ taken: 1, keptFor: ['next'] });
      expect(await places.take(wanted('a'))).to.equal(false);
      expect(await places.take(wanted('b', { jobId: 'next' }))).to.equal(true);
      expect(await places.look(NAME)).to.deep.equal({ taken: 1, keptFor: [] });
    });

    it('a job whose former claim still has a place: one may be kept for it beside that', async () => {
      await places.take(wanted('a', { jobId: 'same' }));
      const kept = { name: NAME, jobId: 'same', places: 2, forMs: 60_000 };
      expect([await places.keep(kept), await places.keep({ ...kept, places: 3 })]).to.deep.equal([true, false]);
      expect(await places.take(wanted('b', { jobId: 'same', places: 2 }))).to.equal(true);
      expect(await places.look(NAME)).to.deep.equal({ taken: 2, keptFor: [] });
    });

    it('a place whose time is over: is free; one that is renewed is not', async () => {
      await places.take(wanted('gone', { forMs: 200, places: 2 }));
      await places.take(wanted('kept', { forMs: 200, places: 2 }));
      expect(await places.renew([NAME], ['kept'], 60_000)).to.deep.equal([{ name: NAME, claim: 'kept' }]);
      await eventually('one place is free', async () => (await places.look(NAME)).taken === 1);
      expect(await places.take(wanted('c'))).to.equal(false);
      expect(await places.take(wanted('c', { places: 2 }))).to.equal(true);
    });

    it('a claim whose place is given back, or taken by another: is given none by a renewal, which tells those that are had', async () => {
      await places.take(wanted('a', { name: 'tenant:acme' }));
      await places.take(wanted('a'));
      await places.free(NAME, 'a');
      await places.take(wanted('b'));
      const held = await places.renew([NAME, 'tenant:acme'], ['a', 'b'], 60_000);
      expect(held.toSorted((x, y) => (x.claim < y.claim ? -1 : 1))).to.deep.equal([
        { name: 'tenant:acme', claim: 'a' },
        { name: NAME, claim: 'b' },
      ]);
      expect(await places.renew([NAME], ['a'], 60_000)).to.deep.equal([]);
      expect(await places.look(NAME)).to.deep.equal({ taken: 1, keptFor: [] });
    });

    it('all limits, page by page: come in order of their names, with who has places now', async () => {
      for (const name of ['b', 'a', 'c']) await places.take(wanted(`of ${name}`, { name, places: 2 }));
      await places.keep({ name: 'a', jobId: 'next', places: 2, forMs: 60_000 });
      await places.free('b', 'of b');
      const shown = (await places.scan(2)).map(({ name, holders }) => ({ name, holders: holders.map(({ until: _, ...one }) => one) }));
      expect(shown).to.deep.equal([
        { name: 'a', holders: [{ jobId: 'job of of a', claim: 'of a' }, { jobId: 'next' }] },
        { name: 'b', holders: [] },
      ]);
      expect((await places.scan(2, 'b')).map(({ name }) => name)).to.deep.equal(['c']);
    });

    it('what a holder has, dropped as it was seen: is free; once it is renewed it is not dropped', async () => {
      const holders = async () => (await places.scan(1))[0]!.holders;
      await places.take(wanted('a', { places: 2 }));
      await places.keep({ name: NAME, jobId: 'next', places: 2, forMs: 60_000 });
      const [held, kept] = await holders();
      await places.renew([NAME], ['a'], 120_000);
      expect([await places.drop(NAME, held!), await places.drop(NAME, kept!)]).to.deep.equal([false, true]);
      const [renewed, ...others] = await holders();
      expect(others).to.deep.equal([]);
      expect([await places.drop(NAME, renewed!), await places.drop(NAME, renewed!)]).to.deep.equal([true, false]);
      expect(await places.look(NAME)).to.deep.equal({ taken: 0, keptFor: [] });
    });

    it('a limit that nobody has a place of: has none taken', async () => {
      expect(await places.renew([NAME], ['a'], 1_000)).to.deep.equal([]);
      expect(await places.look(NAME)).to.deep.equal({ taken: 0, keptFor: [] });
    });
  });
}
