import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { P1_HANDLERS } from '../../../services/p1-worker/handlers.ts';
import { writeDataset } from '../large-datasets.ts';
import { median } from '../report/statistics.ts';
import { PLACES, type Place, runCalls } from './calls.ts';
import type { Log } from './profile-rates.ts';
import { type StageRequest, taskFile } from './report-task.ts';
import { TINY_ROWS } from './tiny-rows.ts';

/** What is called: nothing at all, Process 1 of a report of three rows, and of a large dataset. */
export const WORKS = ['no work', 'three rows', 'large'] as const;
export type Work = (typeof WORKS)[number];

/** Calls of the same work at one place: in its main thread, through worker threads, through handler processes. */
export interface CallOverhead {
  readonly work: Work;
  readonly place: Place;
  /** The first call of each repeat, each in a fresh process: loading and starting included. */
  readonly firstMs: readonly number[];
  /** The median of the calls after it, of each repeat; empty where there was one call. */
  readonly nextMs: readonly number[];
}

const { report: P1 } = P1_HANDLERS;
const NO_WORK = new URL('./no-work.js', import.meta.url).href;
const CALLS: Readonly<Record<Work, number>> = { 'no work': 300, 'three rows': 12, large: 1 };

async function requestOf(work: Work, folder: string, bytes: number): Promise<StageRequest> {
  const common = { stage: 'p1', options: {}, memoryMb: P1.memoryMb };
  if (work !== 'large') return { ...common, rows: TINY_ROWS, files: [] };
  const path = join(folder, 'upload');
  await writeDataset(path, 'orders', bytes);
  return { ...common, files: [await taskFile(path, 'upload', 'text/csv')] };
}

interface OverheadPlan {
  readonly repeats: number;
  /** Of the large dataset. */
  readonly bytes: number;
}

async function measureWork(work: Work, folder: string, { repeats, bytes }: OverheadPlan, log: Log): Promise<readonly CallOverhead[]> {
  const request = await requestOf(work, folder, bytes);
  const module = work === 'no work' ? NO_WORK : P1.module;
  const found = new Map(PLACES.map((place) => [place, { firstMs: [] as number[], nextMs: [] as number[] }]));
  for (let repeat = 0; repeat < repeats; repeat += 1) {
    for (const index of PLACES.keys()) {
      const place = PLACES[(index + repeat) % PLACES.length]!;
      const { callsMs } = await runCalls({ place, module, request, calls: CALLS[work], folder });
      await rm(join(folder, `call-${CALLS[work]}`), { recursive: true });
      const { firstMs, nextMs } = found.get(place)!;
      firstMs.push(callsMs[0]!);
      if (callsMs.length > 1) nextMs.push(median(callsMs.slice(1)));
      log(`${work}, ${place}: first ${callsMs[0]!.toFixed(1)} ms, next ${nextMs.at(-1)?.toFixed(2) ?? '-'} ms`);
    }
  }
  return PLACES.map((place) => ({ work, place, ...found.get(place)! }));
}

/** Measures all works at all places, in turn. */
export async function measureCallOverhead(folder: string, plan: OverheadPlan, log: Log): Promise<readonly CallOverhead[]> {
  const all: CallOverhead[] = [];
  for (const work of WORKS) {
    const own = join(folder, 'overhead');
    await mkdir(own);
    try {
      all.push(...(await measureWork(work, own, plan, log)));
    } finally {
      await rm(own, { recursive: true });
    }
  }
  return all;
}
