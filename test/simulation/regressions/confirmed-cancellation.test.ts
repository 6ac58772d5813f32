import { expect } from 'chai';
import type { Plan } from '../plan.ts';
import { runPlan } from '../run-plan.ts';

/** Shrunk from seed 326: the answer to a second request rested on a cancellation that a fail-over then took back. */
const PLAN: Plan = {
  seed: 326,
  mode: 'audit_off',
  topology: 'per-stage',
  leaseMs: 6_000,
  inlinePrefetch: 10,
  seats: (['gateway', 'scheduler', 'p1-worker', 'p2-worker'] as const).map((role) => ({ role, skewMs: 0, slots: 1 })),
  jobs: [
    {
      name: 'job1',
      atMs: 0,
      type: 'slots',
      lane: 'standard',
      hasKey: true,
      repeats: 0,
      runAfterMs: 3_000,
      script: [[{ kind: 'done', ms: 0 }], [{ kind: 'done', ms: 0 }]],
    },
  ],
  wishes: [
    { atMs: 100, kind: 'cancel', job: 'job1' },
    { atMs: 200, kind: 'cancel', job: 'job1' },
  ],
  timed: [{ atMs: 50, kind: 'fail_over', forMs: 2_000 }],
  calmFromMs: 5_000,
  atCalls: { 'gateway-0.0#3': { fail: 'after' } },
};

describe('a cancellation that was confirmed', () => {
  it('is not taken back by a fail-over: the second request is not answered before the first is durable', async () => {
    const { violations, trace } = await runPlan(PLAN, { isTraced: true });
    const happened = trace.map((line) => line.slice(11));
    expect(
      happened.some((line) => /^gateway-0\.0 +cancel #3 .*after it was applied/.test(line)),
      'the first is undecided',
    ).to.equal(true);
    expect(
      happened.some((line) => /^store +rolls back/.test(line)),
      'the fail-over takes it back',
    ).to.equal(true);
    expect(violations).to.deep.equal([]);
  });
});
