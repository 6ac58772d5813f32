import { expect } from 'chai';
import { ReturnTimes } from '../../../../shared/domain/return-times.ts';

const LONGEST = 300_000;
/** One job is worked off in 90 ms; a tenth of the room is left to others. */
const [ROOM, APART] = [90, 100];

describe('ReturnTimes', () => {
  it('many at one moment: each is given a moment of its own, as far apart as room is made', () => {
    const returns = new ReturnTimes(LONGEST);
    expect([1, 2, 3].map(() => returns.next(0, ROOM))).to.deep.equal([APART, 2 * APART, 3 * APART]);
    expect(returns.next(0, 5 * ROOM), 'a batch of five').to.equal(8 * APART);
  });

  it('later ones: come after those who were told before, and time that has passed is gone', () => {
    const returns = new ReturnTimes(LONGEST);
    for (let n = 0; n < 10; n += 1) returns.next(0, ROOM);
    expect(returns.aheadMs(400)).to.equal(6 * APART);
    expect(returns.next(400, ROOM)).to.equal(7 * APART);
    expect(returns.next(60_000, ROOM), 'all have come').to.equal(APART);
  });

  it('more than can come in time: are all told the longest time, and the next ones no longer', () => {
    const returns = new ReturnTimes(1_000);
    const told = Array.from({ length: 20 }, () => returns.next(0, ROOM));
    expect(told.slice(8, 12)).to.deep.equal([900, 1_000, 1_000, 1_000]);
    expect(returns.next(500, ROOM)).to.equal(600);
  });

  it('room for all: the next one begins anew', () => {
    const returns = new ReturnTimes(LONGEST);
    for (let n = 0; n < 10; n += 1) returns.next(0, ROOM);
    returns.forget();
    expect([returns.aheadMs(0), returns.next(0, ROOM)]).to.deep.equal([0, APART]);
  });
});
