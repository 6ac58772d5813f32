import type { Contender, Scenario } from './contender.ts';
import type { BenchOptions } from './options.ts';
import type { Plan } from './scenarios.ts';

/** One measurement to be made. */
export interface Measurement {
  readonly contender: Contender;
  readonly repeat: number;
  readonly plan: Plan;
}

const LEAST_JOBS = 100;

/**
 * All measurements in their order: each repeat has every contender once a scenario, and begins with another one, so that
 * what changes on the machine meanwhile meets all alike.
 */
export function measurements(options: BenchOptions): readonly Measurement[] {
  const { repeats, scenarios, contenders } = options;
  return Array.from({ length: repeats }, (_, index) => index).flatMap((index) =>
    scenarios.flatMap((scenario) => {
      const some = contenders.filter((one) => one.scenarios.includes(scenario));
      const turned = some.map((_, position) => some[(position + index) % some.length]!);
      return turned.map((contender) => ({ contender, repeat: index + 1, plan: planOf(options, contender, scenario) }));
    }),
  );
}

function planOf(options: BenchOptions, { jobsShare = 1 }: Contender, scenario: Scenario): Plan {
  const { jobs, warmUpJobs, perSecond, seconds, timeoutSeconds } = options;
  const share = (count: number) => Math.min(count, Math.max(Math.round(count * jobsShare), LEAST_JOBS));
  return { scenario, jobs: share(jobs), warmUpJobs: share(warmUpJobs), perSecond, seconds, timeoutSeconds };
}
