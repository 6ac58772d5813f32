import { availableParallelism } from 'node:os';
import { allExecutions } from '../suite/all-executions.ts';
import type { BenchJob, Running, Scenario } from '../suite/contender.ts';
import { busySeconds, cpuBetween, cpuSeconds } from '../suite/cpu-meter.ts';
import { measureLatency } from '../suite/latency.ts';
import { submitAll, untilDone } from '../suite/scenarios.ts';
import { type Verification, verify } from '../suite/verify.ts';
import { jobsFrom } from '../suite/workload.ts';
import type { RoundFigures } from './comparisons.ts';
import type { Round } from './host-messages.ts';

/** A contender that needs longer for one round has failed. */
const ROUND_SECONDS = 60;
/** Rounds last about a second: the end must not be seen late. */
const POLL_MS = 8;

type Timed = Pick<RoundFigures, 'jobsPerSecond' | 'p50Ms'>;

const sumOf = (values: readonly number[]) => values.reduce((sum, one) => sum + one, 0);

/** Measures short rounds on one running contender, again and again, and can verify all of their jobs at the end. */
export class RoundRunner {
  readonly #running: Running;
  readonly #executionsFolder: string;
  #submitted = 0;
  #onCompleted: ((n: number) => void) | undefined;

  constructor(running: Running, executionsFolder: string) {
    this.#running = running;
    this.#executionsFolder = executionsFolder;
  }

  /** @throws Error when jobs are refused or do not end in time. */
  async run({ scenario, jobs, perSecond }: Round): Promise<RoundFigures> {
    const workload = jobsFrom(this.#submitted, jobs);
    this.#submitted += jobs;
    const beforeBusy = busySeconds();
    const before = cpuSeconds(this.#running.processes());
    const startedMs = performance.now();
    const timed = scenario === 'latency' ? await this.#latency(workload, perSecond) : await this.#throughput(scenario, workload);
    const seconds = (performance.now() - startedMs) / 1_000;
    const spent = sumOf(Object.values(cpuBetween(before, cpuSeconds(this.#running.processes()))));
    const others = busySeconds() - beforeBusy - spent;
    return { ...timed, cpuPerThousand: (spent * 1_000) / jobs, disturbance: Math.max(others / (seconds * availableParallelism()), 0) };
  }

  async #throughput(scenario: Scenario, workload: readonly BenchJob[]): Promise<Timed> {
    const startedMs = performance.now();
    await submitAll(this.#running, scenario, workload);
    await untilDone(this.#running, this.#submitted, ROUND_SECONDS, POLL_MS);
    return { jobsPerSecond: (workload.length * 1_000) / (performance.now() - startedMs) };
  }

  async #latency(workload: readonly BenchJob[], perSecond: number): Promise<Timed> {
    const watched = {
      submitOne: (job: BenchJob) => this.#running.submitOne(job),
      watch: (onCompleted: (n: number) => void) => this.#watch(onCompleted),
    };
    const { p50Ms } = await measureLatency(watched, workload, { perSecond, timeoutSeconds: ROUND_SECONDS });
    return { p50Ms };
  }

  /** One stream serves all rounds. */
  async #watch(onCompleted: (n: number) => void): Promise<void> {
    const isFirst = this.#onCompleted === undefined;
    this.#onCompleted = onCompleted;
    if (isFirst) await this.#running.watch((n) => this.#onCompleted?.(n));
  }

  /** Holds every job of all rounds against its final state and its executions. */
  async verify(): Promise<Verification> {
    return verify(this.#submitted, await this.#running.readBack(), await allExecutions(this.#executionsFolder, this.#submitted));
  }
}
