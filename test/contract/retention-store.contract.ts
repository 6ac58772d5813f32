import { expect } from 'chai';
import type { RetentionStore } from '../../shared/ports/retention-store.ts';

/** An empty store of rules. */
export interface RetentionStoreWorld {
  readonly retention: RetentionStore;
  dispose(hasPassed: boolean): Promise<void>;
}

/** What every RetentionStore does. */
export function retentionStoreContract(name: string, makeWorld: () => Promise<RetentionStoreWorld>): void {
  describe(`RetentionStore: ${name}`, function () {
    this.timeout(60_000);
    let world: RetentionStoreWorld;
    before(async () => {
      world = await makeWorld();
    });
    let hasPassed = true;
    afterEach(function () {
      hasPassed &&= this.currentTest?.isPassed() ?? false;
    });
    after(() => world.dispose(hasPassed));

    it('rules: are kept one for each kind of jobs, in the order of their ids, until they are removed', async () => {
      const { retention } = world;
      expect(await retention.rules()).to.deep.equal([]);
      const all = await retention.put({ days: { job: 10, payload: 0 } }, '$who');
      expect(all).to.deep.include({ id: 'all', by: '$who', days: { job: 10, payload: 0 } });
      expect(all.updatedAt).to.be.instanceOf(Date);
      await retention.put({ type: '$t', outcome: 'FAILED', days: { timeline: 3 } }, 'a');
      await retention.put({ type: '$t', outcome: 'FAILED', days: { outputs: 5 } }, 'b');
      const rules = await retention.rules();
      expect(rules.map(({ id }) => id)).to.deep.equal(['all', 'type=$t,outcome=failed']);
      expect(rules[1]).to.deep.include({ type: '$t', outcome: 'FAILED', days: { outputs: 5 }, by: 'b' });
      expect(rules[0]).to.not.have.any.keys('type', 'outcome');
      expect([await retention.remove('all'), await retention.remove('all'), await retention.remove('x')]).to.deep.equal([
        true,
        false,
        false,
      ]);
      expect(await retention.rules()).to.have.length(1);
    });

    it('the place of a walk: is what was noted last, and no other walk has it', async () => {
      const { retention } = world;
      expect(await retention.place('payload:3')).to.equal(undefined);
      const place = { doneAt: new Date('2026-01-01T00:00:00.000Z'), id: 'a', rulesDigest: 'd' };
      await retention.notePlace('payload:3', { ...place, id: 'b' });
      await retention.notePlace('payload:3', place);
      expect(await retention.place('payload:3')).to.deep.equal(place);
      expect(await retention.place('payload:4')).to.equal(undefined);
      expect(await retention.rules(), 'rules are apart').to.have.length(1);
    });
  });
}
