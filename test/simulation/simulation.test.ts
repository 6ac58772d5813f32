import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { drawPlan } from './draw-plan.ts';
import { runPlan } from './run-plan.ts';
import { runSeeds } from './run-seeds.ts';

/** A busy machine gets through fewer schedules in this time, never through others. */
const SLICE_MS = 12_000;
const LEAST_SCHEDULES = 20;
const TIMEOUT_MS = 240_000;

function* from(seed: number): Iterable<number> {
  for (let next = seed; ; next += 1) yield next;
}

describe('simulation', function () {
  this.timeout(TIMEOUT_MS);

  it('schedules of the first seeds, break no rule', async () => {
    const untilMs = performance.now() + SLICE_MS;
    let begun = 0;
    const isEnough = () => begun++ >= LEAST_SCHEDULES && performance.now() > untilMs;
    const { failures, schedules } = await runSeeds({ seeds: from(1), isEnough });
    expect(failures).to.deep.equal([]);
    expect(schedules).to.be.at.least(LEAST_SCHEDULES);
  });

  it('without faults, everything ends as its handlers say, and nothing is done twice', async () => {
    const seeds = Array.from({ length: 20 }, (_, index) => index + 1);
    const { failures, transitions } = await runSeeds({ seeds, isFaultFree: true });
    expect(failures).to.deep.equal([]);
    expect(transitions).to.include.keys('insert', 'claim', 'commit', 'claim_commit');
  });

  it('the same seed, is the same schedule to the last event; another one is not', async () => {
    const [first, again, other] = [await runPlan(drawPlan(5)), await runPlan(drawPlan(5)), await runPlan(drawPlan(6))];
    expect(again.hash).to.equal(first.hash);
    expect(again.steps).to.equal(first.steps);
    expect(other.hash).to.not.equal(first.hash);
  });

  it('the faults that were drawn, as a list, are the same schedule again', async () => {
    for (const seed of [5, 6, 7, 8]) {
      const { rates: _, ...plan } = drawPlan(seed);
      const drawn = await runPlan(drawPlan(seed));
      expect((await runPlan({ ...plan, atCalls: drawn.played })).hash, `seed ${seed}`).to.equal(drawn.hash);
    }
  });

  it('its command, ends with a line that a script can read, and a seed is repeated by name', () => {
    const main = fileURLToPath(new URL(`./main.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url));
    const run = (...args: readonly string[]) => spawnSync(process.execPath, [...process.execArgv, main, ...args], { encoding: 'utf8' });
    const many = run('--schedules', '6', '--workers', '2');
    expect(many.stdout).to.match(/^6 schedules, 0 violations, \d+ per minute\n$/);
    expect(many.status).to.equal(0);
    const one = run('--seed', '3');
    expect(one.stdout).to.match(/\nseed 3: 0 violations, \d+ steps, trace [0-9a-f]{8}\n$/);
    expect(run('--seed', 'x').status).to.equal(64);
  });
});
