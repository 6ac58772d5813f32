import { setTimeout as delay } from 'node:timers/promises';
import type { BenchJob, Running, Scenario } from './contender.ts';
import { type CpuSeconds, cpuBetween, cpuSeconds } from './cpu-meter.ts';
import { measureLatency } from './latency.ts';
import { eachInFlight, jobsFrom } from './workload.ts';

/** Keep-alive connections, or submissions in flight, of the scenario `single`. */
export const CONNECTIONS = 64;
const POLL_MS = 25;

/** What is asked of one measurement. */
export interface Plan {
  readonly scenario: Scenario;
  readonly jobs: number;
  /** Jobs that run before the clock does: they pay for compiling and for connections. */
  readonly warmUpJobs: number;
  /** Of the latency scenario. */
  readonly perSecond: number;
  readonly seconds: number;
  /** A contender that needs longer has failed. */
  readonly timeoutSeconds: number;
}

/** What the clock said; absent figures belong to the other scenarios. */
export interface Figures {
  readonly jobs: number;
  /** From the first submission until every job's final state was read back. */
  readonly seconds: number;
  readonly jobsPerSecond?: number;
  /** Until all were accepted. */
  readonly submitSeconds?: number;
  readonly p50Ms?: number;
  readonly p95Ms?: number;
  readonly p99Ms?: number;
  readonly maxMs?: number;
  /** How late submissions left, p99: of the load itself, not in the latencies. */
  readonly lateP99Ms?: number;
  readonly cpuSeconds: CpuSeconds;
}

/** Figures, and the states read back of warm-up and measured jobs. */
export interface Measured {
  readonly figures: Figures;
  readonly states: ReadonlyMap<number, string>;
  readonly submitted: number;
}

/** Warms up, then measures. @throws Error when jobs have not ended in time. */
export async function measure(running: Running, plan: Plan): Promise<Measured> {
  const { warmUpJobs } = plan;
  await submitAll(running, plan.scenario, jobsFrom(0, warmUpJobs));
  await untilDone(running, warmUpJobs, plan.timeoutSeconds);
  const before = cpuSeconds(running.processes());
  const timed = plan.scenario === 'latency' ? await latency(running, plan) : await throughput(running, plan);
  const spent = cpuBetween(before, cpuSeconds(running.processes()));
  const { states, ...figures } = timed;
  return { figures: { ...figures, cpuSeconds: spent }, states, submitted: warmUpJobs + figures.jobs };
}

type Timed = Omit<Figures, 'cpuSeconds'> & Pick<Measured, 'states'>;

async function throughput(running: Running, { scenario, jobs, warmUpJobs, timeoutSeconds }: Plan): Promise<Timed> {
  const workload = jobsFrom(warmUpJobs, jobs);
  const startedMs = performance.now();
  await submitAll(running, scenario, workload);
  const submitSeconds = (performance.now() - startedMs) / 1_000;
  await untilDone(running, warmUpJobs + jobs, timeoutSeconds);
  const states = await running.readBack();
  const seconds = (performance.now() - startedMs) / 1_000;
  return { jobs, seconds, jobsPerSecond: jobs / seconds, submitSeconds, states };
}

async function latency(running: Running, plan: Plan): Promise<Timed> {
  const { perSecond, warmUpJobs, timeoutSeconds } = plan;
  const workload = jobsFrom(warmUpJobs, perSecond * plan.seconds);
  const startedMs = performance.now();
  const percentiles = await measureLatency(running, workload, { perSecond, timeoutSeconds });
  const states = await running.readBack();
  return { jobs: workload.length, seconds: (performance.now() - startedMs) / 1_000, ...percentiles, states };
}

/** Submits all, in the way of the scenario. */
export async function submitAll(running: Running, scenario: Scenario, jobs: readonly BenchJob[]): Promise<void> {
  if (jobs.length === 0) return;
  if (scenario === 'batch') await running.submitBatch(jobs);
  else await eachInFlight(jobs, CONNECTIONS, (job) => running.submitOne(job));
}

/** Waits until `total` jobs have ended. @throws Error when they have not in time. */
export async function untilDone(running: Pick<Running, 'isDone'>, total: number, timeoutSeconds: number, pollMs = POLL_MS): Promise<void> {
  const untilMs = performance.now() + timeoutSeconds * 1_000;
  while (!(await running.isDone(total))) {
    if (performance.now() > untilMs) throw new Error(`${total} jobs had not ended after ${timeoutSeconds} s.`);
    await delay(pollMs);
  }
}
