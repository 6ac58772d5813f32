import { setTimeout as delay } from 'node:timers/promises';
import { percentile } from '../report/statistics.ts';
import type { BenchJob } from '../suite/contender.ts';
import { untilDone } from '../suite/scenarios.ts';
import { eachInFlight, jobsFrom } from '../suite/workload.ts';
import { withKey } from './keyed-job.ts';
import { type Outcome, type Site, secondsSince, spentOn, TIMEOUT_SECONDS, until } from './site.ts';

/** An error says little of what became of the job: it is posted again under its key, so that none is left out or made twice. */
const MOST_TRIES = 20;
const AGAIN_MS = 500;

/** How long accepted posts took, ms, and what failed. */
export interface Posts {
  readonly tookMs: readonly number[];
  readonly errors: readonly string[];
}

/** Posts one job after the other over each of so many connections, until each is accepted. @throws the last error of a job that never is */
export async function postEach({ client }: Pick<Site, 'client'>, jobs: readonly BenchJob[], connections: number): Promise<Posts> {
  const tookMs: number[] = [];
  const errors: string[] = [];
  const post = async (job: BenchJob) => {
    const startedMs = performance.now();
    await client.submitOne(job);
    tookMs.push(performance.now() - startedMs);
  };
  await eachInFlight(jobs, connections, async (job) => {
    const keyed = withKey(job);
    for (let tries = 1; ; tries += 1) {
      const error = await post(keyed).then(
        () => undefined,
        (one: Error) => one,
      );
      if (!error) return;
      errors.push(error.message);
      if (tries === MOST_TRIES) throw error;
      await delay(AGAIN_MS);
    }
  });
  return { tookMs, errors };
}

/** Single jobs over so many keep-alive connections, each busy all the time. The warm-up opens them. */
export async function measureClients(site: Site): Promise<Outcome & { readonly notes: readonly string[] }> {
  const { order, client, database } = site;
  const { value: connections, jobs } = order;
  const warmUpJobs = Math.max(order.warmUpJobs, 2 * connections);
  const opened = await postEach(site, jobsFrom(0, warmUpJobs), connections);
  await untilDone(client, warmUpJobs, TIMEOUT_SECONDS);
  let posts: Posts = { tookMs: [], errors: [] };
  let [postSeconds, seconds] = [0, 0];
  const cpuMs = await spentOn(site, jobs, async () => {
    const startedMs = performance.now();
    posts = await postEach(site, jobsFrom(warmUpJobs, jobs), connections);
    postSeconds = secondsSince(startedMs);
    await untilDone(client, jobs, TIMEOUT_SECONDS);
    seconds = secondsSince(startedMs);
    await until('all events are told', () => database.isAllTold());
  });
  const { tookMs } = posts;
  const errors = [...opened.errors, ...posts.errors];
  const rates = { submittedPerSecond: tookMs.length / postSeconds, jobsPerSecond: tookMs.length / seconds };
  const figures = { jobs, ...rates, p50Ms: percentile(tookMs, 0.5), p99Ms: percentile(tookMs, 0.99), errors: errors.length, cpuMs };
  return { figures, submitted: warmUpJobs + jobs, notes: errors.slice(0, 1) };
}
