import { expect } from 'chai';
import type { LeaseStore } from '../../shared/ports/lease-store.ts';
import { eventually } from '../support/eventually.ts';

/** Lease stores of several processes over one truth. */
export interface LeaseWorld {
  readonly leases: LeaseStore;
  dispose(hasPassed: boolean): Promise<void>;
}

/** What every LeaseStore must do. */
export function leaseStoreContract(name: string, makeWorld: () => Promise<LeaseWorld>): void {
  describe(`${name}: lease store contract`, function () {
    this.timeout(30_000);
    let world: LeaseWorld;
    beforeEach(async () => {
      world = await makeWorld();
    });
    afterEach(function () {
      return world.dispose(this.currentTest?.isPassed() ?? false);
    });

    const take = (owner: string, ttlMs = 60_000, lease = 'janitor') => world.leases.tryAcquire(lease, owner, ttlMs);

    it('a lease, has one owner, who may renew it; another name is another lease', async () => {
      expect([await take('a'), await take('b'), await take('a'), await take('b')]).to.deep.equal([true, false, true, false]);
      expect(await take('b', 60_000, 'other')).to.equal(true);
    });

    it('many that ask at once, leave it to one', async () => {
      const owners = Array.from({ length: 20 }, (_, index) => `owner-${index}`);
      expect((await Promise.all(owners.map((owner) => take(owner)))).filter(Boolean)).to.have.length(1);
    });

    it('given up, is free at once; by another than its owner, is not', async () => {
      await take('a');
      await world.leases.release('janitor', 'b');
      expect(await take('b')).to.equal(false);
      await world.leases.release('janitor', 'a');
      await world.leases.release('janitor', 'a');
      expect(await take('b')).to.equal(true);
    });

    it('not renewed, is free when its time is over, and the owner that comes late is told so', async () => {
      await take('a', 200);
      await eventually('the lease is over', () => take('b'));
      expect(await take('a')).to.equal(false);
    });

    it('names and owners that look like operators, are names', async () => {
      expect([await take('$owner'), await take('$$NOW'), await take('$owner')]).to.deep.equal([true, false, true]);
    });
  });
}
