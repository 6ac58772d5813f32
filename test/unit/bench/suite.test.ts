import { expect } from 'chai';
import { acceptedIds, batchBody } from '../../bench/contenders/jobline/batch-api.ts';
import { numberIn, uuidOf } from '../../bench/contenders/number-uuid.ts';
import { MicroBatcher } from '../../bench/contenders/raw/micro-batcher.ts';
import type { Contender } from '../../bench/suite/contender.ts';
import { parseOptions } from '../../bench/suite/options.ts';
import { measurements } from '../../bench/suite/order.ts';
import { chunksOf, eachInFlight, jobsFrom } from '../../bench/suite/workload.ts';

const contender = (name: string, more: Partial<Contender> = {}): Contender => ({
  name,
  title: name,
  kind: 'peer',
  scenarios: ['batch', 'latency'],
  durability: '',
  isDurable: true,
  settings: {},
  reader: '',
  start: () => Promise.reject(new Error('not here')),
  ...more,
});
const ALL = [contender('a'), contender('b', { jobsShare: 0.1 }), contender('c', { scenarios: ['batch'] })];

describe('order of the bench', () => {
  it('every repeat has each contender once a scenario, and begins with another one', () => {
    const order = measurements(parseOptions(['--repeats', '2', '--jobs', '5000'], ALL));
    expect(order.map((one) => `${one.repeat} ${one.plan.scenario} ${one.contender.name} ${one.plan.jobs}`)).to.deep.equal([
      ...['1 batch a 5000', '1 batch b 500', '1 batch c 5000', '1 latency a 5000', '1 latency b 500'],
      ...['2 batch b 500', '2 batch c 5000', '2 batch a 5000', '2 latency b 500', '2 latency a 5000'],
    ]);
  });

  it('a name that there is none of, and a number that is none, are refused', () => {
    expect(() => parseOptions(['--contenders', 'a,x'], ALL)).to.throw('There is no x; there are a, b, c.');
    expect(() => parseOptions(['--scenario', 'speed'], ALL)).to.throw('There is no speed');
    expect(() => parseOptions(['--jobs', '1e'], ALL)).to.throw('--jobs is 1e');
  });
});

describe('workload of the bench', () => {
  it('payloads have about 200 bytes and their own numbers', () => {
    const jobs = jobsFrom(9_999, 2);
    expect(jobs.map(({ n }) => n)).to.deep.equal([9_999, 10_000]);
    for (const { payload } of jobs) expect(JSON.stringify(payload).length).to.equal(200);
  });

  it('chunks keep every item, in order', () => {
    expect(chunksOf([1, 2, 3, 4, 5], 2)).to.deep.equal([[1, 2], [3, 4], [5]]);
  });

  it('never more than so many are in flight, and all are done', async () => {
    let [now, most] = [0, 0];
    const done: number[] = [];
    await eachInFlight([1, 2, 3, 4, 5], 2, async (one) => {
      most = Math.max(most, (now += 1));
      await new Promise((resolve) => setImmediate(resolve));
      now -= 1;
      done.push(one);
    });
    expect([most, done.length]).to.deep.equal([2, 5]);
  });

  it('a number survives its UUID', () => {
    expect([0, 15, 4_096, 1_234_567].map((n) => numberIn(uuidOf(n)))).to.deep.equal([0, 15, 4_096, 1_234_567]);
  });
});

describe('batch API as the bench knows it', () => {
  it('sends a job a line', () => {
    const lines = batchBody(jobsFrom(0, 2), 'bulk').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).input.n)).to.deep.equal([0, 1]);
  });

  it('takes ids from an array and from lines, and refuses an answer with an item that was not accepted', () => {
    expect(acceptedIds(202, '{"results":[{"job_id":"x"},{"job_id":"y"}]}')).to.deep.equal(['x', 'y']);
    expect(acceptedIds(202, '{"job_id":"x"}\n{"job_id":"y"}\n')).to.deep.equal(['x', 'y']);
    expect(acceptedIds(200, '{"index":0,"status":202,"job_id":"x"}\n')).to.deep.equal(['x']);
    expect(() => acceptedIds(202, '{"results":[{"job_id":"x"},{"code":"invalid_request"}]}')).to.throw('Line 2 was not accepted');
    expect(() => acceptedIds(404, 'no')).to.throw('answered 404');
  });
});

describe('micro-batcher of the raw clients', () => {
  it('flushes a lone item at once, gathers behind it, and takes a second flush only for a full batch', async () => {
    const flushes: (readonly number[])[] = [];
    const ends: (() => void)[] = [];
    const flush = (items: readonly number[]) => {
      flushes.push(items);
      return new Promise<void>((resolve) => ends.push(resolve));
    };
    const batcher = new MicroBatcher<number>(flush, { most: 3, inFlight: 2, sizeOf: () => 1 });
    for (const one of [1, 2, 3]) batcher.add(one);
    expect(flushes).to.deep.equal([[1]]);
    for (const one of [4, 5]) batcher.add(one);
    expect(flushes).to.deep.equal([[1], [2, 3, 4]]);
    ends[0]!();
    ends[1]!();
    await new Promise((resolve) => setImmediate(resolve));
    expect(flushes).to.deep.equal([[1], [2, 3, 4], [5]]);
  });
});
