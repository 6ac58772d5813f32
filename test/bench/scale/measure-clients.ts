import { percentile } from '../report/statistics.ts';
import type { BenchJob } from '../suite/contender.ts';
import { untilDone } from '../suite/scenarios.ts';
import { eachInFlight, jobsFrom } from '../suite/workload.ts';
import { type Outcome, type Site, secondsSince, spentOn, TIMEOUT_SECONDS, until } from './site.ts';

/** How long answers took, ms, and what failed. */
export interface Posts {
  readonly tookMs: readonly number[];
  readonly errors: readonly string[];
}

/** Posts one job after the other over each of so many connections. */
export async function postEach({ client }: Pick<Site, 'client'>, jobs: readonly BenchJob[], connections: number): Promise<Posts> {
  const tookMs: number[] = [];
  const errors: string[] = [];
  await eachInFlight(jobs, connections, async (job) => {
    const startedMs = performance.now();
    try {
      await client.submitOne(job);
      tookMs.push(performance.now() - startedMs);
    } catch (error) {
      errors.push(String(error));
    }
  });
  return { tookMs, errors };
}

/** Single jobs over so many keep-alive connections, each busy all the time. The warm-up opens them. */
export async function measureClients(site: Site): Promise<Outcome & { readonly notes: readonly string[] }> {
  const { order, client, database } = site;
  const { value: connections, jobs } = order;
  const warmUpJobs = Math.max(order.warmUpJobs, 2 * connections);
  await postEach(site, jobsFrom(0, warmUpJobs), connections);
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
  const { tookMs, errors } = posts;
  const rates = { submittedPerSecond: tookMs.length / postSeconds, jobsPerSecond: tookMs.length / seconds };
  const figures = { jobs, ...rates, p50Ms: percentile(tookMs, 0.5), p99Ms: percentile(tookMs, 0.99), errors: errors.length, cpuMs };
  return { figures, submitted: warmUpJobs + jobs, notes: errors.slice(0, 1) };
}
