import type { CpuSeconds } from '../suite/cpu-meter.ts';
import type { CpuMs } from './result.ts';

/** CPU time a job: processes of one service together, and without the client, which is none of ours. */
export function cpuMsPerJob(spent: CpuSeconds, jobs: number): CpuMs {
  const costs: Record<string, number> = {};
  for (const [name, seconds] of Object.entries(spent)) {
    const service = name.replace(/-\d+$/, '');
    if (service !== 'client') costs[service] = (costs[service] ?? 0) + (seconds * 1_000) / jobs;
  }
  return costs;
}

/** Of all processes together. */
export function totalMs(costs: CpuMs): number {
  return Object.values(costs).reduce((sum, ms) => sum + ms, 0);
}
