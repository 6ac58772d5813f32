import { expect } from 'chai';
import { MicroBatcher } from '../../../../shared/jobs/micro-batcher.ts';
import { settled } from '../../../support/virtual-clock.ts';

/** A batcher whose flushes end when the test says so. */
function held(maxBatch = 100, maxFlights = 1) {
  const flushes: { items: readonly number[]; end(): void; fail(error: Error): void }[] = [];
  const batcher = new MicroBatcher<number, string>({
    maxBatch,
    maxFlights,
    flush: (items) =>
      new Promise((resolve, reject) => {
        flushes.push({ items, end: () => resolve(items.map((item) => `answer ${item}`)), fail: reject });
      }),
  });
  return { batcher, flushes };
}

describe('MicroBatcher', () => {
  it('a lone item, leaves at once: no timer is on its path', async () => {
    const { batcher, flushes } = held();
    const answer = batcher.add(1);
    await Promise.resolve();
    expect(flushes.map(({ items }) => items)).to.deep.equal([[1]]);
    flushes[0]!.end();
    expect(await answer).to.equal('answer 1');
  });

  it('items of one tick, share a flush', async () => {
    const { batcher, flushes } = held();
    const answers = [batcher.add(1), batcher.add(2), batcher.add(3)];
    await settled();
    expect(flushes.map(({ items }) => items)).to.deep.equal([[1, 2, 3]]);
    flushes[0]!.end();
    expect(await Promise.all(answers)).to.deep.equal(['answer 1', 'answer 2', 'answer 3']);
  });

  it('items that come while flushes are under way, gather and leave together when one ends', async () => {
    const { batcher, flushes } = held();
    void batcher.add(1);
    await settled();
    void batcher.add(2);
    await settled();
    void batcher.add(3);
    await settled();
    expect([flushes.length, batcher.waiting]).to.deep.equal([1, 2]);
    flushes[0]!.end();
    await settled();
    expect(flushes.map(({ items }) => items)).to.deep.equal([[1], [2, 3]]);
  });

  it('two flights allowed, are not exceeded, nor is the size of a batch', async () => {
    const { batcher, flushes } = held(2, 2);
    for (const item of [1, 2, 3, 4, 5, 6, 7]) void batcher.add(item);
    await settled();
    expect(flushes.map(({ items }) => items)).to.deep.equal([
      [1, 2],
      [3, 4],
    ]);
    flushes[1]!.end();
    await settled();
    expect(flushes.at(-1)!.items).to.deep.equal([5, 6]);
  });

  it('a flush that fails, fails its own items only', async () => {
    const { batcher, flushes } = held();
    const first = batcher.add(1).catch((error: Error) => error.message);
    await settled();
    const second = batcher.add(2);
    flushes[0]!.fail(new Error('away'));
    expect(await first).to.equal('away');
    await settled();
    flushes[1]!.end();
    expect(await second).to.equal('answer 2');
  });

  it('drain, resolves when nothing waits and nothing is under way', async () => {
    const { batcher, flushes } = held(1, 1);
    void batcher.add(1);
    void batcher.add(2);
    let isDrained = false;
    const drained = batcher.drain().then(() => {
      isDrained = true;
    });
    await settled();
    flushes[0]!.end();
    await settled();
    expect(isDrained).to.equal(false);
    flushes[1]!.end();
    await drained;
    expect(batcher.waiting).to.equal(0);
  });
});
