import { expect } from 'chai';
import type { Posted } from '../../../bench/contenders/http-poster.ts';
import { OpenLoop } from '../../../bench/overload/open-loop.ts';
import { ReturnQueue } from '../../../bench/overload/return-queue.ts';

const ACCEPTED: Posted = { status: 202, headers: {}, text: '{"job_id":"x"}' };
const REFUSED: Posted = {
  status: 503,
  headers: { 'content-type': 'application/problem+json', 'retry-after': '1' },
  text: '{"status":503,"code":"overloaded"}',
};

describe('OpenLoop', () => {
  it('submissions leave at a steady rate, whatever becomes of those before', async () => {
    let answer: (posted: Posted) => void = () => undefined;
    const first = new Promise<Posted>((resolve) => (answer = resolve));
    const load = new OpenLoop({ perSecond: 100, seconds: 0.3, from: 5, post: (n) => (n === 5 ? first : Promise.resolve(ACCEPTED)) });
    setTimeout(() => answer(ACCEPTED), 400);
    const { answers, startMs } = await load.run();
    expect(answers.map(({ n }) => n).toSorted((a, b) => a - b)).to.deep.equal(Array.from({ length: 30 }, (_, index) => 5 + index));
    expect(answers.at(-1)).to.include({ n: 5, dueMs: startMs });
    expect(answers.at(-1)!.tookMs).to.be.above(350);
    for (const { n, dueMs } of answers) expect(dueMs - startMs).to.be.closeTo((n - 5) * 10, 0.001);
  });

  it('whoever is refused comes back when told to, in place of a new one while the load goes on, and alone after its end', async () => {
    const posts: number[] = [];
    const post = async (n: number) => {
      posts.push(n);
      return posts.filter((one) => one === n).length === 1 ? REFUSED : ACCEPTED;
    };
    const { answers, endMs, startMs } = await new OpenLoop({ perSecond: 10, seconds: 1.5, from: 0, post }).run();
    const isSlot = ({ dueMs }: { dueMs: number }) => Math.abs((dueMs - startMs) / 100 - Math.round((dueMs - startMs) / 100)) < 1e-6;
    expect(answers.filter((one) => one.dueMs < endMs && isSlot(one))).to.have.length(15);
    const [firstReturn] = answers.filter(({ visit }) => visit === 2);
    expect(firstReturn).to.include({ n: 0 });
    expect(firstReturn!.dueMs - startMs).to.be.within(1_000, 1_500);
    const returned = answers.filter(({ visit }) => visit === 2).map(({ n }) => n);
    expect(returned).to.have.members([...new Set(posts)]);
    expect(posts).to.have.length(2 * new Set(posts).size);
  });

  it('a request without an answer is a fault, and nobody comes back for it', async () => {
    const post = () => Promise.reject(new Error('ECONNRESET'));
    const { answers } = await new OpenLoop({ perSecond: 10, seconds: 0.1, from: 0, post }).run();
    expect(answers.map(({ reading }) => reading)).to.deep.equal([{ kind: 'fault', status: 0, fault: 'no answer: ECONNRESET' }]);
  });
});

describe('ReturnQueue', () => {
  it('gives those whose moment has come, the earliest first', () => {
    const queue = new ReturnQueue();
    for (const [n, atMs] of [
      [1, 30],
      [2, 10],
      [3, 20],
      [4, 10],
    ] as const)
      queue.add({ n, atMs, visit: 2 });
    expect(queue.takeDue(9)).to.equal(undefined);
    expect([queue.takeDue(25), queue.takeDue(25), queue.takeDue(25), queue.takeDue(25)].map((one) => one?.n)).to.deep.equal([
      2,
      4,
      3,
      undefined,
    ]);
    expect(queue.size).to.equal(1);
  });
});
