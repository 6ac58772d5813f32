import { percentile } from '../report/statistics.ts';
import { untilDone } from '../suite/scenarios.ts';
import { jobsFrom } from '../suite/workload.ts';
import { type Outcome, type Site, secondsSince, spentOn, TIMEOUT_SECONDS, until } from './site.ts';

/** Single jobs over so many keep-alive connections, each busy all the time. The warm-up opens them. */
export async function measureClients(site: Site): Promise<Outcome> {
  const { order, client, database, submitter } = site;
  const { value: connections, jobs } = order;
  const warmUpJobs = Math.max(order.warmUpJobs, 2 * connections);
  await submitter.each(jobsFrom(0, warmUpJobs), connections);
  await untilDone(client, warmUpJobs, TIMEOUT_SECONDS);
  let tookMs: readonly number[] = [];
  let [postSeconds, seconds] = [0, 0];
  const cpuMs = await spentOn(site, jobs, async () => {
    const startedMs = performance.now();
    tookMs = await submitter.each(jobsFrom(warmUpJobs, jobs), connections);
    postSeconds = secondsSince(startedMs);
    await untilDone(client, jobs, TIMEOUT_SECONDS);
    seconds = secondsSince(startedMs);
    await until('all events are told', () => database.isAllTold());
  });
  const rates = { submittedPerSecond: jobs / postSeconds, jobsPerSecond: jobs / seconds };
  const figures = { jobs, ...rates, p50Ms: percentile(tookMs, 0.5), p99Ms: percentile(tookMs, 0.99), cpuMs };
  return { figures, submitted: warmUpJobs + jobs };
}
