import { expect } from 'chai';
import { Turns } from '../../../../services/gateway/batch/turns.ts';

describe('Turns', () => {
  it('more work than may run at once, waits and begins in the order it came; failures hand their turn on', async () => {
    const turns = new Turns(2);
    const begun: number[] = [];
    const ends: ((error?: Error) => void)[] = [];
    const works = [0, 1, 2, 3, 4].map((name) =>
      turns
        .run(() => {
          begun.push(name);
          return new Promise<number>((resolve, reject) => ends.push((error) => (error ? reject(error) : resolve(name))));
        })
        .catch(() => -1),
    );
    const settled = () => new Promise((resolve) => setImmediate(resolve));
    await settled();
    expect(begun).to.deep.equal([0, 1]);
    ends[1]!(new Error('broken'));
    await settled();
    expect(begun).to.deep.equal([0, 1, 2]);
    ends[0]!();
    ends[2]!();
    await settled();
    expect(begun).to.deep.equal([0, 1, 2, 3, 4]);
    ends[3]!();
    ends[4]!();
    expect(await Promise.all(works)).to.deep.equal([0, -1, 2, 3, 4]);
  });
});
