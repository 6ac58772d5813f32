import { setTimeout as delay } from 'node:timers/promises';
import { percentile } from '../report/statistics.ts';
import type { BenchJob, Running } from './contender.ts';

const LOOK_MS = 20;

/** Latencies from a submission's leaving to its completion's being seen, ms. */
export interface Latencies {
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly lateP99Ms: number;
}

interface Load {
  readonly perSecond: number;
  readonly timeoutSeconds: number;
}

/** What the load needs of a contender. */
export type Watched = Pick<Running, 'submitOne' | 'watch'>;

/** Submits at a steady rate, whatever becomes of those before. @throws Error when a submission is refused or not all end in time. */
export async function measureLatency(running: Watched, jobs: readonly BenchJob[], load: Load): Promise<Latencies> {
  const sentMs = new Map<number, number>();
  const seenMs = new Map<number, number>();
  await running.watch((n) => {
    if (!seenMs.has(n)) seenMs.set(n, performance.now());
  });
  const lateMs = await sendSteadily(running, jobs, sentMs, load.perSecond);
  const untilMs = performance.now() + load.timeoutSeconds * 1_000;
  while (jobs.some(({ n }) => !seenMs.has(n))) {
    if (performance.now() > untilMs) throw new Error(`Only ${seenMs.size} of ${jobs.length} jobs were seen completed.`);
    await delay(LOOK_MS);
  }
  const tookMs = jobs.map(({ n }) => seenMs.get(n)! - sentMs.get(n)!);
  const at = (share: number) => percentile(tookMs, share);
  return { p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99), maxMs: Math.max(...tookMs), lateP99Ms: percentile(lateMs, 0.99) };
}

/** @returns how late each left. */
async function sendSteadily(running: Watched, jobs: readonly BenchJob[], sentMs: Map<number, number>, perSecond: number) {
  const startMs = performance.now();
  const lateMs: number[] = [];
  const sent: Promise<unknown>[] = [];
  for (const [index, job] of jobs.entries()) {
    const dueMs = startMs + (index * 1_000) / perSecond;
    const waitMs = dueMs - performance.now();
    if (waitMs > 0) await delay(waitMs);
    const nowMs = performance.now();
    lateMs.push(Math.max(nowMs - dueMs, 0));
    sentMs.set(job.n, nowMs);
    sent.push(running.submitOne(job).catch((error: unknown) => error));
  }
  const refusal = (await Promise.all(sent)).find((answer) => answer instanceof Error);
  if (refusal) throw refusal;
  return lateMs;
}
