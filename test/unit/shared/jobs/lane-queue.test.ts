import { expect } from 'chai';
import { LANES, type Lane } from '../../../../shared/domain/job.ts';
import { LaneQueue } from '../../../../shared/jobs/lane-queue.ts';

function filled(count: number): LaneQueue<string> {
  const queue = new LaneQueue<string>();
  for (const lane of LANES) for (let index = 0; index < count; index += 1) queue.push(lane, `${lane} ${index}`);
  return queue;
}

describe('LaneQueue', () => {
  it('all lanes full, shares 6 to 3 to 1 to 1, and keeps the order within a lane', () => {
    const queue = filled(110);
    const taken = Array.from({ length: 110 }, () => queue.shift()!);
    const of = (lane: Lane) => taken.filter((one) => one.startsWith(lane));
    expect(LANES.map((lane) => of(lane).length)).to.deep.equal([60, 30, 10, 10]);
    for (const lane of LANES) expect(of(lane)).to.deep.equal(of(lane).map((_, index) => `${lane} ${index}`));
  });

  it('other weights, share by them from the next turn on', () => {
    let weights = { express: 1, standard: 1, bulk: 1, overflow: 1 };
    const queue = new LaneQueue<string>(() => weights);
    for (const lane of LANES) for (let index = 0; index < 100; index += 1) queue.push(lane, lane);
    const take = (count: number, lane: Lane) => Array.from({ length: count }, () => queue.shift()).filter((one) => one === lane).length;
    expect(take(40, 'bulk')).to.equal(10);
    weights = { express: 1, standard: 1, bulk: 7, overflow: 1 };
    expect(take(40, 'bulk')).to.equal(28);
  });

  it('one lane alone, has all turns; empty, answers undefined', () => {
    const queue = new LaneQueue<number>();
    queue.push('bulk', 1);
    queue.push('bulk', 2);
    expect([queue.size, queue.shift(), queue.shift(), queue.shift(), queue.size]).to.deep.equal([2, 1, 2, undefined, 0]);
  });

  it('remove, takes out what matches and leaves the rest in order', () => {
    const queue = filled(3);
    expect(queue.remove((one) => one.endsWith('1'))).to.have.members(['express 1', 'standard 1', 'bulk 1', 'overflow 1']);
    expect(queue.size).to.equal(8);
    expect(queue.shift()).to.equal('express 0');
    expect(queue.remove(() => true)).to.have.length(7);
  });
});
