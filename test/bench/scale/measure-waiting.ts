import { connect } from 'amqplib';
import { queueOf } from '../../../shared/rabbit/topology.ts';
import { percentile } from '../report/statistics.ts';
import { untilDone } from '../suite/scenarios.ts';
import { jobsFrom } from '../suite/workload.ts';
import type { ScaleFigures } from './result.ts';
import { type Outcome, type Site, secondsSince, spentOn, TIMEOUT_SECONDS, until } from './site.ts';

/** One message a job in this lane: the deepest queue that so many jobs can make. */
export const WAITING_LANE = 'standard';
/** Posted one after the other over one connection. */
export const LONE_POSTS = 1_000;
/** Jobs made at once, so that the client stays small. */
const SLICE = 50_000;
const WORKERS = ['p1-worker', 'p2-worker'] as const;

/** Counts submitted jobs: each has the next number. */
class Numbers {
  next = 0;

  take(count: number) {
    this.next += count;
    return jobsFrom(this.next - count, count);
  }
}

/** Warms everything up, then has the workers end. */
async function warmUp(site: Site, numbers: Numbers): Promise<void> {
  const { client, submitter, system, order, database } = site;
  await submitter.batch(numbers.take(order.warmUpJobs));
  await submitter.each(numbers.take(Math.ceil(order.warmUpJobs / 4)), 1);
  await untilDone(client, numbers.next, TIMEOUT_SECONDS);
  await until('all events of the warm-up are told', () => database.isAllTold());
  for (const service of WORKERS) await system.kill(service, 'SIGTERM');
  await until('the workers have ended', () => !system.processes.some(({ service }) => WORKERS.some((one) => one === service)));
}

/** Doorbells in the first stage's queue. */
async function bellsWaiting(rabbitmqUrl: string): Promise<number> {
  const connection = await connect(rabbitmqUrl);
  try {
    const channel = await connection.createChannel();
    return (await channel.checkQueue(queueOf('per-stage', 'p1', WAITING_LANE))).messageCount;
  } finally {
    await connection.close();
  }
}

/** A batch and single submissions onto the queue. */
async function submitOnto(site: Site, numbers: Numbers): Promise<ScaleFigures> {
  const { submitter, database, order } = site;
  let seconds = 0;
  const submitCpuMs = await spentOn(site, order.jobs, async () => {
    const startedMs = performance.now();
    await submitter.batch(numbers.take(order.jobs));
    seconds = secondsSince(startedMs);
    await until('all doorbells are rung', () => database.isAllRung());
  });
  const tookMs = await submitter.each(numbers.take(Math.min(LONE_POSTS, order.jobs)), 1);
  await until('all doorbells are rung', () => database.isAllRung());
  const latencies = { p50Ms: percentile(tookMs, 0.5), p99Ms: percentile(tookMs, 0.99) };
  return { jobs: order.jobs, submittedPerSecond: order.jobs / seconds, ...latencies, submitCpuMs, cpuMs: {} };
}

/** Starts the workers and lets them work off all that waits; what was done before both were ready does not count. */
async function drain(site: Site): Promise<Pick<ScaleFigures, 'drainedPerSecond' | 'cpuMs'>> {
  const { client, system, database } = site;
  await Promise.all(WORKERS.map((service) => system.spawnService(service)));
  const left = await database.countQueued();
  let seconds = 0;
  const cpuMs = await spentOn(site, left, async () => {
    const startedMs = performance.now();
    await untilDone(client, left, TIMEOUT_SECONDS);
    seconds = secondsSince(startedMs);
    await until('all events are told', () => database.isAllTold());
  });
  return { drainedPerSecond: left / seconds, cpuMs };
}

/** Submission while so many jobs wait and no worker runs, then the way down from there. */
export async function measureWaiting(site: Site): Promise<Outcome> {
  const { submitter, system, database, order } = site;
  const numbers = new Numbers();
  await warmUp(site, numbers);
  for (let left = order.value; left > 0; left -= SLICE) await submitter.batch(numbers.take(Math.min(left, SLICE)));
  await until('all doorbells are rung', () => database.isAllRung());
  const bells = await bellsWaiting(system.rabbitmqUrl);
  const submission = await submitOnto(site, numbers);
  return { figures: { ...submission, bellsWaiting: bells, ...(await drain(site)) }, submitted: numbers.next };
}
