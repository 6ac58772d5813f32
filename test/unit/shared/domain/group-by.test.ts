import { expect } from 'chai';
import { groupBy } from '../../../../shared/domain/group-by.ts';

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
