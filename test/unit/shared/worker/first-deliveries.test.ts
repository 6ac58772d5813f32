import { expect } from 'chai';
import { FirstDeliveries } from '../../../../shared/worker/first-deliveries.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';

const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, seconds));

describe('FirstDeliveries', () => {
  it('tells a delivery 15 s after it came, and goes on telling it with its age', async () => {
    const clock = new VirtualClock();
    const first = new FirstDeliveries(clock);
    first.note('q', at(1));
    await clock.advance(14_999);
    expect(first.settled()).to.deep.equal(new Map());
    await clock.advance(1);
    expect(first.settled().get('q')).to.deep.equal({ publishedAt: at(1), ageMs: 15_000 });
    await clock.advance(60_000);
    expect(first.settled().get('q')).to.deep.equal({ publishedAt: at(1), ageMs: 75_000 });
  });

  it('of many, tells the latest that is old enough, by queue', async () => {
    const clock = new VirtualClock();
    const first = new FirstDeliveries(clock);
    for (let count = 0; count < 40; count += 1) {
      first.note('q', at(count));
      if (count === 3) first.note('other', at(50));
      await clock.advance(500);
    }
    const settled = first.settled();
    // One a second is kept: the second of each pair.
    expect(settled.get('q')).to.deep.equal({ publishedAt: at(9), ageMs: 15_500 });
    expect(settled.get('other')?.publishedAt).to.deep.equal(at(50));
  });
});
