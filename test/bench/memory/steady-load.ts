import { setTimeout as delay } from 'node:timers/promises';
import type { BenchJob, Running } from '../suite/contender.ts';
import { CONNECTIONS } from '../suite/scenarios.ts';
import { jobsFrom } from '../suite/workload.ts';

/** Jobs of a batch; fewer where the rate asks for fewer in a second. */
const BATCH_JOBS = 500;

/** A load that never has more than 64 single submissions and one batch in flight. */
export interface SteadyLoad {
  /** Half of them one by one, half in batches; undefined: as fast as the answers come. */
  readonly perSecond: number | undefined;
  readonly seconds: number;
  /** Number of its first job. */
  readonly from: number;
}

/** When each submission is due; a pace that was missed is not made up for. */
class Pace {
  readonly #everyMs: number;
  #nextMs = performance.now();

  /** @param perSecond undefined: always due. */
  constructor(perSecond: number | undefined) {
    this.#everyMs = perSecond === undefined ? 0 : 1_000 / perSecond;
  }

  async wait(): Promise<void> {
    const nowMs = performance.now();
    const dueMs = Math.max(this.#nextMs, nowMs - this.#everyMs);
    this.#nextMs = dueMs + this.#everyMs;
    if (dueMs > nowMs) await delay(dueMs - nowMs);
  }
}

/** Submits for so long. @returns how many were accepted. @throws Error when a submission is refused */
export async function submitSteadily(running: Running, { perSecond, seconds, from }: SteadyLoad): Promise<number> {
  const endMs = performance.now() + seconds * 1_000;
  const half = perSecond === undefined ? undefined : perSecond / 2;
  const batchJobs = half === undefined ? BATCH_JOBS : Math.min(Math.ceil(half), BATCH_JOBS);
  let next = from;
  const take = (count: number): readonly BenchJob[] => jobsFrom((next += count) - count, count);
  const lane = async (pace: Pace, submit: () => Promise<unknown>) => {
    for (;;) {
      await pace.wait();
      if (performance.now() > endMs) return;
      await submit();
    }
  };
  const singles = new Pace(half);
  const single = () => lane(singles, () => running.submitOne(take(1)[0]!));
  const batches = lane(new Pace(half === undefined ? undefined : half / batchJobs), () => running.submitBatch(take(batchJobs)));
  await Promise.all([...Array.from({ length: CONNECTIONS }, single), batches]);
  return next - from;
}
