import { expect } from 'chai';
import { mostAtOnce } from '../../limits/at-once.ts';
import type { Effect } from '../../support/effect-log.ts';

const note = (what: Effect['what'], jobId: string, atMs: number, pid = 1): Effect => ({
  what,
  jobId,
  stage: 'p1',
  run: 0,
  attempt: 1,
  pid,
  atMs,
});
const span = (jobId: string, from: number, to: number): readonly Effect[] => [note('started', jobId, from), note('ended', jobId, to)];
const none = new Map<number, number>();

describe('mostAtOnce', () => {
  it('handlers one after the other, also within a millisecond: one', () => {
    expect(mostAtOnce([...span('a', 0, 10), ...span('b', 10, 20)], none)).to.equal(1);
  });

  it('handlers that overlap: as many as at the busiest moment', () => {
    expect(mostAtOnce([...span('a', 0, 10), ...span('b', 9, 20), ...span('c', 19, 30)], none)).to.equal(2);
    expect(mostAtOnce([...span('a', 0, 30), ...span('b', 9, 20), ...span('c', 19, 30)], none)).to.equal(3);
  });

  it('one whose process was killed: worked until then; one that was not, still works', () => {
    const effects = [note('started', 'a', 0, 7), ...span('b', 15, 20)];
    expect(mostAtOnce(effects, new Map([[7, 12]]))).to.equal(1);
    expect(mostAtOnce(effects, none)).to.equal(2);
  });
});
