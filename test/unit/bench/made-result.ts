import type { BenchResult, Described, Run } from '../../bench/report/result.ts';
import type { Scenario } from '../../bench/suite/contender.ts';
import type { Figures } from '../../bench/suite/scenarios.ts';
import type { Verification } from '../../bench/suite/verify.ts';

const GOOD: Verification = { submitted: 100, completed: 100, lost: 0, doubled: 0, examples: [] };

/** A contender of a made-up result. */
export function described(name: string, kind: Described['kind'] = 'peer', isDurable = true): Described {
  return { name, title: `<${name}> & co`, kind, durability: 'fsync', isDurable, reader: 'a stream', settings: { workers: 'two' } };
}

/** A run with these figures. */
export function made(contender: string, scenario: Scenario, repeat: number, figures: Partial<Figures>): Run {
  const cpuSeconds = { client: 1, mongodb: 2 };
  return { contender, scenario, repeat, verification: GOOD, figures: { jobs: 1_000, seconds: 1, cpuSeconds, ...figures } };
}

/** Runs of a contender at these jobs/s, a repeat each. */
export function rates(contender: string, scenario: Scenario, values: readonly number[]): readonly Run[] {
  return values.map((jobsPerSecond, index) => made(contender, scenario, index + 1, { jobsPerSecond }));
}

/** A result of these contenders and runs. */
export function resultOf(contenders: readonly Described[], runs: readonly Run[]): BenchResult {
  const machine = { processor: 'P', cores: 2, memoryGb: 24, kernel: '6', system: 'Debian', node: 'v20', loadBefore: 0.1 };
  return {
    schema: 1,
    startedAt: '2026-01-01T00:00:00.000Z',
    finishedAt: '2026-01-01T01:00:00.000Z',
    revision: 'abc',
    options: { repeats: 3, jobs: 1_000, warmUpJobs: 100, perSecond: 50, seconds: 60, timeoutSeconds: 900 },
    machine: { ...machine, fdatasyncMs: { p50: 0.5, p95: 0.7 } },
    contenders,
    runs,
  };
}
