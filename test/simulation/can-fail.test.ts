import { expect } from 'chai';
import { drawPlan } from './draw-plan.ts';
import type { Plan } from './plan.ts';
import { runPlan } from './run-plan.ts';
import { runSeeds } from './run-seeds.ts';
import { shrink } from './shrink.ts';
import { type Weakening, weakenStore, withoutCondition } from './weakened-store.ts';

const TIMEOUT_MS = 600_000;
const MAX_SEEDS = 3_000;
/** Enough to see that it shrinks; the command spends more. */
const SHRINK_RUNS = 120;

/** What is broken in the store, and which rule says so first: a write is known by what it did, not by what it was called. */
const BROKEN: readonly (readonly [string, Weakening, RegExp])[] = [
  ['a commit without its fence', withoutCondition('commit', 'claim', 'state'), /^(commit|fused|replay|unknown change|always)/],
  ['a commit by whoever held the job before', withoutCondition('commit', 'claim'), /^(commit|fused)/],
  ['a claim of a job that another holds', withoutCondition('claim', 'gen', 'state'), /^(claim|heartbeat|unknown change)/],
  ['a mark without its token', withoutCondition('mark', 'pubBy'), /./],
  ['a replay of a job that has not ended', withoutCondition('replay', 'gen', 'state'), /./],
  ['a bell owed again for a job that does not wait', withoutCondition('rearm', 'gen', 'state'), /./],
];

async function firstFailure(weaken: Weakening) {
  let isFound = false;
  const { failures, schedules } = await runSeeds({
    seeds: Array.from({ length: MAX_SEEDS }, (_, index) => index + 1),
    prepare: weakenStore(weaken),
    isEnough: () => isFound,
    onFailure: () => {
      isFound = true;
    },
  });
  return { failure: failures[0], schedules };
}

describe('the simulation notices', function () {
  this.timeout(TIMEOUT_MS);

  for (const [name, weaken, rule] of BROKEN) {
    it(name, async () => {
      const { failure, schedules } = await firstFailure(weaken);
      expect(failure, `nothing found in ${schedules} schedules`).to.not.equal(undefined);
      expect(failure!.violations[0]!.rule).to.match(rule);
    });
  }

  it('and shrinks what it found, to less that still fails, and does not with the fence', async () => {
    const weaken = withoutCondition('commit', 'claim', 'state');
    const prepare = weakenStore(weaken);
    const { failure } = await firstFailure(weaken);
    const plan = drawPlan(failure!.seed);
    const { rule } = failure!.violations[0]!;
    const drawn = await runPlan(plan, { prepare });
    const shrunk = await shrink(plan, rule, { prepare, maxRuns: SHRINK_RUNS });
    expect(shrunk.plan.rates).to.equal(undefined);
    expect(sizeOf(shrunk.plan)).to.be.below(sizeOf({ ...plan, atCalls: drawn.played }) / 2);
    const verdict = await runPlan(shrunk.plan, { prepare });
    expect(verdict.violations.map((one) => one.rule)).to.include(rule);
    // Processes were dropped too, so that other things may stand still.
    expect(
      (await runPlan(shrunk.plan)).violations.map((one) => one.rule),
      'with the fence',
    ).to.not.include(rule);
  });
});

function sizeOf({ jobs, timed, wishes, atCalls = {} }: Plan): number {
  return jobs.length + timed.length + wishes.length + Object.keys(atCalls).length;
}
