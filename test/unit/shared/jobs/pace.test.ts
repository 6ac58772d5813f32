import { expect } from 'chai';
import { Pace } from '../../../../shared/jobs/pace.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';

const never = new AbortController().signal;

describe('Pace', () => {
  let clock: VirtualClock;
  beforeEach(() => {
    clock = new VirtualClock();
  });

  /** What it lets pass in so many ms, where the work on each step takes `workMs`. */
  async function passed(perSecond: number, workMs: number, forMs: number): Promise<readonly { atMs: number; count: number }[]> {
    const pace = new Pace(clock, perSecond, 100);
    const steps: { atMs: number; count: number }[] = [];
    const untilMs = clock.monotonicMs() + forMs;
    const running = (async () => {
      while (clock.monotonicMs() < untilMs) {
        const count = await pace.next(never, 500);
        await clock.sleep(workMs, never);
        steps.push({ atMs: clock.monotonicMs(), count });
      }
      return true;
    })();
    const state = { isOver: false };
    void running.then(() => (state.isOver = true));
    await clock.advanceUntil('it is over', () => state.isOver, forMs * 2);
    return steps;
  }
  const sum = (steps: readonly { count: number }[]) => steps.reduce((total, { count }) => total + count, 0);

  for (const [perSecond, workMs] of [
    [500, 0],
    [500, 70],
    [500, 350],
    [500, 1_400],
    [7, 20],
    [1, 0],
  ] as const) {
    it(`${perSecond} a second, ${workMs} ms a step: never more within any second`, async () => {
      const steps = await passed(perSecond, workMs, 20_000);
      for (const { atMs } of steps) {
        const within = sum(steps.filter((one) => one.atMs >= atMs && one.atMs < atMs + 1_000));
        expect(within, `from ${atMs}`).to.be.at.most(perSecond);
      }
    });
  }

  it('steps that take longer than a tick: what they did not use is made up for', async () => {
    expect(sum(await passed(500, 250, 20_000))).to.be.within(7_900, 10_000);
    expect(sum(await passed(500, 10, 20_000))).to.be.within(9_500, 10_000);
  });
});
