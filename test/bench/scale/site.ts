import { setTimeout as delay } from 'node:timers/promises';
import type { System } from '../../../deploy/local/system.d.mts';
import type { RunningSystem } from '../contenders/jobline/running-system.ts';
import { cpuBetween, cpuSeconds } from '../suite/cpu-meter.ts';
import { cpuMsPerJob } from './cost.ts';
import type { ScaleOrder } from './order.ts';
import type { CpuMs, ScaleFigures } from './result.ts';
import type { ScaleDatabase } from './scale-database.ts';
import type { Submitter } from './submitter.ts';

/** A measurement that takes longer has failed. */
export const TIMEOUT_SECONDS = 2_400;
const LOOK_MS = 50;

/** What one measurement works with. */
export interface Site {
  readonly order: ScaleOrder;
  readonly system: System;
  readonly client: RunningSystem;
  readonly submitter: Submitter;
  readonly database: ScaleDatabase;
}

/** What a curve's measurement says; `submitted` counts all jobs since the start. */
export interface Outcome {
  readonly figures: ScaleFigures;
  readonly submitted: number;
}

/** Seconds since a moment of `performance.now()`. */
export const secondsSince = (startedMs: number): number => (performance.now() - startedMs) / 1_000;

/** Waits for a condition. @throws Error naming it when it does not come */
export async function until(what: string, isTrue: () => Promise<boolean> | boolean): Promise<void> {
  const untilMs = performance.now() + TIMEOUT_SECONDS * 1_000;
  while (!(await isTrue())) {
    if (performance.now() > untilMs) throw new Error(`Not within ${TIMEOUT_SECONDS} s: ${what}.`);
    await delay(LOOK_MS);
  }
}

/** What the servers and services spend on some jobs, everything written to the data files before and after. */
export async function spentOn({ client, database }: Site, jobs: number, work: () => Promise<void>): Promise<CpuMs> {
  await database.checkpoint();
  const before = cpuSeconds(client.processes());
  await work();
  await database.checkpoint();
  return cpuMsPerJob(cpuBetween(before, cpuSeconds(client.processes())), jobs);
}
