import type { Behaviour, CallFault, Plan, PlannedJob } from './plan.ts';
import { type RunOptions, runPlan } from './run-plan.ts';

/** Runs that may be spent on one shrinking. */
const MAX_RUNS = 1_500;

export interface ShrinkOptions extends RunOptions {
  /** Default 1,500. */
  readonly maxRuns?: number;
}

export interface Shrunk {
  readonly plan: Plan;
  readonly runs: number;
}

/**
 * Makes a failing schedule small: drops faults, wishes, jobs and processes, and simplifies what is left, as long as the same
 * rule is broken (delta debugging; A. Zeller, R. Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002).
 */
export async function shrink(plan: Plan, rule: string, options: ShrinkOptions = {}): Promise<Shrunk> {
  const shrinker = new Shrinker(rule, options);
  return { plan: await shrinker.shrink(plan), runs: shrinker.runs };
}

class Shrinker {
  runs = 0;
  readonly #rule: string;
  readonly #options: ShrinkOptions;

  constructor(rule: string, options: ShrinkOptions) {
    this.#rule = rule;
    this.#options = options;
  }

  async shrink(first: Plan): Promise<Plan> {
    let plan = await this.#withFaultsListed(first);
    for (let before = ''; before !== JSON.stringify(plan); ) {
      before = JSON.stringify(plan);
      plan = await this.#less(plan, Object.entries(plan.atCalls ?? {}), (all) => ({ ...plan, atCalls: Object.fromEntries(all) }));
      plan = await this.#less(plan, plan.timed, (timed) => ({ ...plan, timed }));
      plan = await this.#less(plan, plan.wishes, (wishes) => ({ ...plan, wishes }));
      plan = await this.#less(plan, plan.jobs, (jobs) => ({ ...plan, jobs }));
      const here = [...plan.seats.keys()].filter((seat) => !plan.absent?.includes(seat));
      plan = await this.#less(plan, here, (seats) => ({ ...plan, absent: [...plan.seats.keys()].filter((one) => !seats.includes(one)) }));
      for (const simpler of simplerFaults(plan)) if (await this.#fails(simpler(plan))) plan = simpler(plan);
      for (const simpler of simplerJobs(plan)) if (await this.#fails(simpler(plan))) plan = simpler(plan);
    }
    return plan;
  }

  /** The same schedule, with the faults at calls as a list instead of rates. */
  async #withFaultsListed(plan: Plan): Promise<Plan> {
    if (!plan.rates) return plan;
    const { played } = await runPlan(plan, this.#options);
    const { rates: _, ...rest } = plan;
    const listed = { ...rest, atCalls: played };
    return (await this.#fails(listed)) ? listed : plan;
  }

  /** Drops ever smaller parts of a list of the plan while it still fails. */
  async #less<T>(plan: Plan, all: readonly T[], withThese: (kept: readonly T[]) => Plan): Promise<Plan> {
    let kept = all;
    for (let size = Math.max(1, Math.ceil(kept.length / 2)); kept.length > 0; size = Math.ceil(size / 2)) {
      for (let from = 0; from < kept.length; ) {
        const fewer = [...kept.slice(0, from), ...kept.slice(from + size)];
        if (await this.#fails(withThese(fewer))) kept = fewer;
        else from += size;
      }
      if (size === 1) break;
    }
    return kept === all ? plan : withThese(kept);
  }

  async #fails(plan: Plan): Promise<boolean> {
    if (!hasEveryRole(plan) || this.runs >= (this.#options.maxRuns ?? MAX_RUNS)) return false;
    this.runs += 1;
    const { violations } = await runPlan(plan, this.#options);
    return violations.some(({ rule }) => rule === this.#rule);
  }
}

/** Without any worker nothing progresses, which shows nothing. */
function hasEveryRole({ seats, absent = [] }: Plan): boolean {
  const present = new Set(seats.flatMap(({ role }, index) => (absent.includes(index) ? [] : [role])));
  return seats.every(({ role }) => present.has(role));
}

type Simpler = (plan: Plan) => Plan;

/** A fault of several parts, without one of them. */
function simplerFaults({ atCalls = {} }: Plan): readonly Simpler[] {
  return Object.entries(atCalls).flatMap(([call, fault]) => {
    const parts = Object.keys(fault) as (keyof CallFault)[];
    return parts.length < 2
      ? []
      : parts.map((part): Simpler => {
          const fewer = Object.fromEntries(Object.entries(fault).filter(([key]) => key !== part)) as CallFault;
          return (plan) => ({ ...plan, atCalls: { ...plan.atCalls, [call]: fewer } });
        });
  });
}

const PLAIN: Behaviour = { kind: 'done', ms: 0 };

function simplerJobs({ jobs }: Plan): readonly Simpler[] {
  return jobs.flatMap((job) => {
    const changed = (change: (job: PlannedJob) => PlannedJob): Simpler => {
      return (plan) => ({ ...plan, jobs: plan.jobs.map((one) => (one.name === job.name ? change(one) : one)) });
    };
    const without = (key: keyof PlannedJob) =>
      changed((one) => Object.fromEntries(Object.entries(one).filter(([name]) => name !== key)) as unknown as PlannedJob);
    return [
      ...(job.repeats > 0 ? [changed((one) => ({ ...one, repeats: 0 }))] : []),
      ...(['runAfterMs', 'deadlineAfterMs', 'maxAttempts'] as const).filter((key) => job[key] !== undefined).map(without),
      ...job.script.flatMap((stage, index) => [
        ...(isPlain(stage) ? [] : [changed((one) => ({ ...one, script: one.script.map((own, at) => (at === index ? [PLAIN] : own)) }))]),
        ...(stage.length > 1
          ? [changed((one) => ({ ...one, script: one.script.map((own, at) => (at === index ? own.slice(1) : own)) }))]
          : []),
      ]),
    ];
  });
}

function isPlain(stage: readonly Behaviour[]): boolean {
  return JSON.stringify(stage) === JSON.stringify([PLAIN]);
}
