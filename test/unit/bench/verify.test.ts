import { expect } from 'chai';
import { verify } from '../../bench/suite/verify.ts';

const once = (numbers: readonly number[]) => new Map(numbers.map((n) => [n, 1]));
const completed = (numbers: readonly number[]) => new Map(numbers.map((n) => [n, 'COMPLETED']));

describe('verification of a bench run', () => {
  it('every job completed and each stage run once: nothing is wrong', () => {
    const verified = verify(
      2,
      completed([0, 1]),
      new Map([
        ['p1', once([0, 1])],
        ['p2', once([0, 1])],
      ]),
    );
    expect(verified).to.deep.equal({ submitted: 2, completed: 2, lost: 0, doubled: 0, examples: [] });
  });

  it('a job that is not there is lost, even where another ran twice and the sums are right', () => {
    const executions = new Map([
      ['p1', new Map([[0, 2]])],
      ['p2', new Map([[0, 2]])],
    ]);
    const verified = verify(2, completed([0]), executions);
    expect([verified.completed, verified.lost, verified.doubled]).to.deep.equal([1, 1, 1]);
    expect(verified.examples).to.deep.equal(['job 0: COMPLETED, p1 ran 2, p2 ran 2', 'job 1: not there, p1 ran 0, p2 ran 0']);
  });

  it('a job that says COMPLETED without its second stage having run is lost', () => {
    expect(verify(1, completed([0]), new Map([['p1', once([0])]])).lost).to.equal(1);
  });

  it('a job in another state is lost', () => {
    const executions = new Map([
      ['p1', once([0])],
      ['p2', once([0])],
    ]);
    expect(verify(1, new Map([[0, 'QUEUED']]), executions).lost).to.equal(1);
  });

  it('a job that nobody submitted counts as doubled', () => {
    const executions = new Map([
      ['p1', once([0])],
      ['p2', once([0])],
    ]);
    expect(verify(1, completed([0, -1]), executions).doubled).to.equal(1);
  });
});
