import type { BenchJob } from '../suite/contender.ts';
import { untilDone } from '../suite/scenarios.ts';
import { jobsFrom } from '../suite/workload.ts';
import type { ScaleFigures } from './result.ts';
import { type Outcome, type Site, secondsSince, spentOn, TIMEOUT_SECONDS, until } from './site.ts';
import { sizedJobs } from './sized-jobs.ts';
import { storeCopies } from './stored-jobs.ts';

/** From the first submission until nothing is open; the cost until the events of all are told, too. */
async function submitAndFinish(site: Site, jobs: readonly BenchJob[]): Promise<ScaleFigures> {
  const { client, database, submitter } = site;
  let [submitSeconds, seconds] = [0, 0];
  const cpuMs = await spentOn(site, jobs.length, async () => {
    const startedMs = performance.now();
    await submitter.batch(jobs);
    submitSeconds = secondsSince(startedMs);
    await untilDone(client, jobs.length, TIMEOUT_SECONDS);
    seconds = secondsSince(startedMs);
    await until('all events are told', () => database.isAllTold());
  });
  const { length } = jobs;
  return { jobs: length, jobsPerSecond: length / seconds, submittedPerSecond: length / submitSeconds, cpuMs };
}

async function warmUp({ client, database, submitter }: Site, jobs: readonly BenchJob[]): Promise<void> {
  await submitter.batch(jobs);
  await untilDone(client, jobs.length, TIMEOUT_SECONDS);
  await until('all events of the warm-up are told', () => database.isAllTold());
}

/** Batches with so many finished jobs in the database. @throws Error when one of those is gone afterwards */
export async function measureStored(site: Site): Promise<Outcome> {
  const { order, database } = site;
  const { value, warmUpJobs, jobs } = order;
  await warmUp(site, jobsFrom(0, warmUpJobs));
  await storeCopies(database.jobs, value);
  const figures = await submitAndFinish(site, jobsFrom(warmUpJobs, jobs));
  const stored = await database.jobs.countDocuments({ state: 'COMPLETED' });
  const submitted = warmUpJobs + jobs;
  if (stored !== value + submitted) throw new Error(`${value + submitted} finished jobs should be stored; there are ${stored}.`);
  return { figures, submitted };
}

/** Batches of jobs whose payload has so many bytes. */
export async function measurePayload(site: Site): Promise<Outcome> {
  const { value, warmUpJobs, jobs } = site.order;
  await warmUp(site, sizedJobs(0, warmUpJobs, value));
  const figures = await submitAndFinish(site, sizedJobs(warmUpJobs, jobs, value));
  const megabytesPerSecond = (figures.jobsPerSecond! * value) / 1e6;
  return { figures: { ...figures, megabytesPerSecond }, submitted: warmUpJobs + jobs };
}

/** Batches with as many processes of each stage as the system was started with. */
export async function measureWorkers(site: Site): Promise<Outcome> {
  const { warmUpJobs, jobs } = site.order;
  await warmUp(site, jobsFrom(0, warmUpJobs));
  return { figures: await submitAndFinish(site, jobsFrom(warmUpJobs, jobs)), submitted: warmUpJobs + jobs };
}
