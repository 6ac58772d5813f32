import { expect } from 'chai';
import type { RateBuckets } from '../../shared/ports/rate-buckets.ts';
import { eventually } from '../support/eventually.ts';

export interface RateBucketsWorld {
  /** Of two processes. */
  readonly buckets: readonly [RateBuckets, RateBuckets];
  dispose(hasPassed: boolean): Promise<void>;
}

/** Fills too slowly to matter in a test. */
const SLOW = { perSecond: 0.001, burst: 10 };

/** What every RateBuckets must do. */
export function rateBucketsContract(name: string, makeWorld: () => Promise<RateBucketsWorld>): void {
  describe(`${name}: rate buckets contract`, function () {
    this.timeout(30_000);
    let world: RateBucketsWorld;
    let buckets: RateBuckets;
    beforeEach(async () => {
      world = await makeWorld();
      [buckets] = world.buckets;
    });
    afterEach(function () {
      return world.dispose(this.currentTest?.isPassed() ?? false);
    });

    it('a new bucket, is full, gives what is wanted and there, and says what is left', async () => {
      const first = await buckets.take('$a', 3, SLOW);
      expect([first.granted, Math.floor(first.level)]).to.deep.equal([3, 7]);
      const second = await buckets.take('$a', 9, SLOW);
      expect([second.granted, Math.floor(second.level)]).to.deep.equal([7, 0]);
      expect((await buckets.take('$a', 1, SLOW)).granted).to.equal(0);
      expect((await buckets.take('b', 10, SLOW)).granted).to.equal(10);
    });

    it('two processes that ask at once, also for a bucket that is new, get no token twice', async () => {
      const asked = Array.from({ length: 40 }, (_, number) => world.buckets[number % 2 === 0 ? 0 : 1].take('a', 1, SLOW));
      const granted = (await Promise.all(asked)).reduce((sum, grant) => sum + grant.granted, 0);
      expect(granted).to.equal(10);
    });

    it('an empty bucket, fills with time, never beyond its burst', async () => {
      const quick = { perSecond: 200, burst: 2 };
      await buckets.take('a', 2, quick);
      await eventually('a token', async () => (await buckets.take('a', 1, quick)).granted === 1);
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect((await buckets.take('a', 100, quick)).granted).to.equal(2);
    });
  });
}
