import { type Executions, readExecutions } from '../suite/execution-log.ts';
import { type MemorySeries, MemoryWatch } from '../suite/memory-watch.ts';
import { nowMs } from './answers.ts';
import { MetricsWatch, type Scrape } from './metrics-watch.ts';
import { type LoadSeen, OpenLoop } from './open-loop.ts';
import type { OverloadOptions } from './options.ts';
import type { TruthRecord } from './record-truth.ts';
import { type ServerLook, watchServers } from './server-watch.ts';
import { WaitSystem } from './wait-system.ts';

/** How fast jobs are worked off while nobody submits. */
export interface Drain {
  readonly jobs: number;
  readonly perSecond: number;
}

/** Everything that was seen, to be judged. */
export interface Evidence {
  readonly drain: Drain;
  readonly perSecond: number;
  readonly maxWaitingJobs: number;
  readonly load: LoadSeen;
  /** When the last accepted job had ended. */
  readonly allEndedMs: number;
  readonly scrapes: readonly Scrape[];
  /** Scrapes that were not answered. */
  readonly scrapeFailures: number;
  readonly looks: readonly ServerLook[];
  readonly memory: MemorySeries;
  /** Of all jobs there are, those of the warm-up too: these have the numbers below `warmUpJobs`. */
  readonly records: readonly TruthRecord[];
  readonly warmUpJobs: number;
  readonly executions: Executions;
}

type Say = (line: string) => void;

const WARM_UP_SECONDS = 4;
const FIRST_JOBS = 200;
/** Of the jobs in the order in which they end: at the ends of it not all stages have work. */
const [FROM_SHARE, TO_SHARE] = [0.15, 0.85];
/** The bound is reached after so much of the time. */
const BOUND_AFTER = 0.4;
const LEAST_BOUND = 20;

/** Jobs a second, from when they ended. */
export function drainRate(records: readonly TruthRecord[]): number {
  const doneMs = records.flatMap(({ doneAt }) => doneAt?.getTime() ?? []).toSorted((a, b) => a - b);
  const [from, to] = [Math.floor(doneMs.length * FROM_SHARE), Math.floor(doneMs.length * TO_SHARE)];
  return ((to - from) * 1_000) / (doneMs[to]! - doneMs[from]!);
}

/** On a system of its own in its default configuration: first a few jobs for an estimate, then as many as fill the time. */
async function measureDrain({ drainSeconds, handlerMs, timeoutSeconds }: OverloadOptions): Promise<Drain> {
  const system = await WaitSystem.start({}, handlerMs);
  try {
    const run = async (from: number, jobs: number) => {
      await system.postAll(from, jobs);
      await system.untilNothingOpen(timeoutSeconds);
      return (await system.records()).toSorted((a, b) => a.createdAt.getTime() - b.createdAt.getTime()).slice(from);
    };
    await run(0, FIRST_JOBS);
    const estimate = drainRate(await run(FIRST_JOBS, FIRST_JOBS));
    const jobs = Math.ceil(estimate * drainSeconds);
    return { jobs, perSecond: drainRate(await run(2 * FIRST_JOBS, jobs)) };
  } finally {
    await system.stop();
  }
}

/** The backlog at which submissions are refused. */
function boundOf({ waiting, seconds, factor }: OverloadOptions, drainPerSecond: number): number {
  return waiting ?? Math.max(Math.round(drainPerSecond * (factor - 1) * seconds * BOUND_AFTER), LEAST_BOUND);
}

async function overload(options: OverloadOptions, drain: Drain, say: Say): Promise<Evidence> {
  const { handlerMs, seconds, timeoutSeconds } = options;
  const maxWaitingJobs = boundOf(options, drain.perSecond);
  const perSecond = drain.perSecond * options.factor;
  say(`MAX_WAITING_JOBS=${maxWaitingJobs}, so that ${seconds} s reach it; all else is the default configuration.`);
  const system = await WaitSystem.start({ MAX_WAITING_JOBS: String(maxWaitingJobs) }, handlerMs);
  try {
    const warmUpJobs = Math.min(Math.round(drain.perSecond * WARM_UP_SECONDS), maxWaitingJobs);
    await system.postAll(0, warmUpJobs);
    await system.untilNothingOpen(timeoutSeconds);
    say(`Submitting ${perSecond.toFixed(0)} jobs/s for ${seconds} s ...`);
    const memory = new MemoryWatch(() => system.processes(), nowMs);
    const metrics = new MetricsWatch(() => system.system.processes);
    await metrics.look();
    const endLooks = await watchServers(system.system.rabbitmqUrl, system.jobs);
    const load = await new OpenLoop({ perSecond, seconds, from: warmUpJobs, post: (n) => system.post(n) }).run();
    say('Waiting for all accepted jobs to end ...');
    await system.untilNothingOpen(timeoutSeconds);
    const allEndedMs = nowMs();
    const { scrapes, failures: scrapeFailures } = await metrics.stop();
    const [looks, records, executions] = [await endLooks(), await system.records(), await readExecutions(system.executions)];
    const seen = { scrapes, scrapeFailures, looks, memory: memory.stop(), records, executions };
    return { drain, perSecond, maxWaitingJobs, load, allEndedMs, warmUpJobs, ...seen };
  } finally {
    await system.stop();
  }
}

/** Measures the drain rate, then submits at a multiple of it. */
export async function measure(options: OverloadOptions, say: Say): Promise<Evidence> {
  say(`Measuring how fast jobs are worked off, for ${options.drainSeconds} s ...`);
  const drain = await measureDrain(options);
  say(`Drain rate: ${drain.perSecond.toFixed(1)} jobs/s (${drain.jobs} jobs).`);
  return overload(options, drain, say);
}
