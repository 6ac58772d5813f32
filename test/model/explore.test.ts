import { expect } from 'chai';
import { explore, PROGRESS, type Space, type Step } from './explore.ts';

type Edge = readonly [from: number, to: number, isFair?: boolean];

/** A graph of numbers that starts at 0. */
function graph(edges: readonly Edge[], { bad, good = [] }: { bad?: number; good?: readonly number[] }): Space<number> {
  const step = (to: number, isFair = true): Step<number> => ({ label: `to ${to}`, to, isFair });
  return {
    initial: () => [step(0)],
    keyOf: String,
    steps: (from) => edges.filter(([at]) => at === from).map(([, to, isFair]) => step(to, isFair)),
    wrongWith: (state) => (state === bad ? `never ${bad}: it is` : undefined),
    isGoodEnd: (state) => good.includes(state),
  };
}

describe('explore', () => {
  const diamond: readonly Edge[] = [
    [0, 1],
    [1, 2],
    [2, 3],
    [0, 4],
    [4, 3],
    [3, 0],
  ];

  it('a graph, is met completely, each state once', () => {
    const { states, transitions, depth, violation } = explore(graph(diamond, { good: [3] }));
    expect({ states, transitions, depth, violation }).to.deep.equal({ states: 5, transitions: 6, depth: 2, violation: undefined });
  });

  it('a bad state, is found by the shortest way', () => {
    expect(explore(graph(diamond, { bad: 3, good: [3] })).violation).to.deep.equal({
      property: 'never 3',
      detail: 'it is',
      trace: ['to 0', 'to 4', 'to 3'],
    });
  });

  it('a step that breaks something, is found though its state is known', () => {
    const space = graph(
      [
        [0, 1],
        [1, 1],
      ],
      { good: [1] },
    );
    const steps = (state: number): readonly Step<number>[] =>
      space.steps(state).map((one) => (state === 1 ? { ...one, violation: 'never again: it did' } : one));
    expect(explore({ ...space, steps }).violation?.trace).to.deep.equal(['to 0', 'to 1', 'to 1']);
  });

  it('a state from which no good end can be reached, is found', () => {
    const { violation } = explore(
      graph(
        [
          [0, 1],
          [0, 2],
          [2, 2],
        ],
        { good: [1] },
      ),
    );
    expect([violation?.property, violation?.trace]).to.deep.equal([PROGRESS, ['to 0', 'to 2']]);
  });

  it('a good end that only an unfair step leads to, does not count', () => {
    expect(explore(graph([[0, 1, false]], { good: [1] })).violation?.property).to.equal(PROGRESS);
    expect(explore(graph([[0, 1, true]], { good: [1] })).violation).to.equal(undefined);
  });

  it('a space without bound, is refused', () => {
    const endless: Space<number> = { ...graph([], {}), steps: (from) => [{ label: 'on', to: from + 1, isFair: true }] };
    expect(() => explore(endless, 1_000)).to.throw('More than 1000 states');
  });
});
