import { expect } from 'chai';
import { groupAlike, groupBy } from '../../../../shared/domain/group-by.ts';

describe('groupBy', () => {
  it('keeps keys in the order of their first items, and items in theirs', () => {
    expect([...groupBy([3, 1, 4, 1, 5, 9, 2, 6], (n) => n % 3)]).to.deep.equal([
      [0, [3, 9, 6]],
      [1, [1, 4, 1]],
      [2, [5, 2]],
    ]);
  });

  it('of nothing, is empty', () => {
    expect(groupBy([], String).size).to.equal(0);
  });
});

describe('groupAlike', () => {
  it('items by likeness: in the order of their first items, each in its own order', () => {
    const isAlike = (one: number, other: number) => one % 3 === other % 3;
    expect(groupAlike([1, 2, 4, 3, 5, 7], isAlike)).to.deep.equal([[1, 4, 7], [2, 5], [3]]);
    expect(groupAlike([], isAlike)).to.deep.equal([]);
  });
});
