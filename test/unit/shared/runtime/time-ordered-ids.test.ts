import { expect } from 'chai';
import { TimeOrderedIds } from '../../../../shared/runtime/time-ordered-ids.ts';

const MANY = 2_000;
const FORM = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** The bits after the counter. */
const chanceOf = (id: string) => id.slice(-10);

describe('TimeOrderedIds', () => {
  it('many in one millisecond: each of version 7 and greater than the one before', () => {
    const ids = new TimeOrderedIds(() => 1_700_000_000_000);
    const made = Array.from({ length: MANY }, () => ids.next());
    for (const id of made) expect(id).to.match(FORM);
    expect(made).to.deep.equal([...new Set(made)].sort());
  });

  it('chance: beyond a filling of the pool no id has the bits of another', () => {
    const ids = new TimeOrderedIds(Date.now);
    const made = Array.from({ length: MANY }, () => ids.next());
    expect(new Set(made.map(chanceOf)).size).to.equal(MANY);
  });

  it('two makers at the same moment: their ids have nothing but the time in common', () => {
    const nowMs = () => 1_700_000_000_000;
    const [one, other] = [new TimeOrderedIds(nowMs), new TimeOrderedIds(nowMs)];
    const made = Array.from({ length: MANY }, () => [one.next(), other.next()]).flat();
    expect(new Set(made.map(chanceOf)).size).to.equal(made.length);
  });

  it('time: the first 48 bits', () => {
    const id = new TimeOrderedIds(() => 0x01_23_45_67_89_ab).next();
    expect(id.replaceAll('-', '').slice(0, 12)).to.equal('0123456789ab');
  });

  it('a clock that goes back: the ids go on upwards', () => {
    let nowMs = 1_700_000_000_000;
    const ids = new TimeOrderedIds(() => (nowMs -= 50));
    const made = Array.from({ length: 100 }, () => ids.next());
    expect(made).to.deep.equal([...made].sort());
  });
});
