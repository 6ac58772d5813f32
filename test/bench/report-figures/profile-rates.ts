import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ReportProfile } from '../../../shared/domain/report-profile.ts';
import type { Shape } from '../large-datasets.ts';
import type { CommandRun } from './duckdb-command.ts';
import { PROFILERS, ProfiledDataset, type Profiler } from './profiled-dataset.ts';
import { differences } from './same-figures.ts';

/** Seconds of each repeat by who profiled. */
export interface ProfileRates {
  readonly shape: Shape;
  readonly bytes: number;
  readonly rows: number;
  readonly columns: number;
  readonly seconds: Readonly<Partial<Record<Profiler, readonly number[]>>>;
  readonly cpuSeconds: Readonly<Partial<Record<Profiler, readonly number[]>>>;
  /** Why one has no figures. */
  readonly failures: Readonly<Partial<Record<Profiler, string>>>;
}

/** What is measured. */
export interface ProfilePlan {
  readonly shape: Shape;
  readonly bytes: number;
  readonly repeats: number;
  /** DuckDB's own command. */
  readonly program: string;
}

/** Told each figure as it comes. */
export type Log = (line: string) => void;

/** Seconds that Process 1 and DuckDB's command take for the same dataset, in turn. @throws Error when their figures differ. */
export async function measureProfileRates(plan: ProfilePlan, folder: string, log: Log): Promise<ProfileRates> {
  const own = join(folder, 'profile');
  await mkdir(own);
  try {
    const dataset = new ProfiledDataset(own, plan.program);
    await dataset.write(plan.shape, plan.bytes);
    const { rows, bytes, columns } = dataset;
    const name = `${plan.shape}, ${(bytes / 1e6).toFixed(1)} MB, ${rows} rows`;
    return {
      shape: plan.shape,
      bytes,
      rows,
      columns: columns.length,
      ...(await measureInTurn(dataset, plan, (line) => log(`${name}: ${line}`))),
    };
  } finally {
    await rm(own, { recursive: true });
  }
}

async function measureInTurn(dataset: ProfiledDataset, { repeats }: ProfilePlan, log: Log) {
  const seconds: Partial<Record<Profiler, number[]>> = {};
  const cpuSeconds: Partial<Record<Profiler, number[]>> = {};
  const failures: Partial<Record<Profiler, string>> = {};
  const figures = new Map<Profiler, ReportProfile | CommandRun>();
  for (let repeat = 0; repeat < repeats; repeat += 1) {
    for (const index of PROFILERS.keys()) {
      const profiler = PROFILERS[(index + repeat) % PROFILERS.length]!;
      if (failures[profiler] !== undefined) continue;
      try {
        const run = await dataset.profile(profiler);
        (seconds[profiler] ??= []).push(run.seconds);
        (cpuSeconds[profiler] ??= []).push(run.cpuSeconds);
        figures.set(profiler, run.figures);
        log(`${profiler} ${run.seconds.toFixed(2)} s, ${run.cpuSeconds.toFixed(2)} s of CPU`);
      } catch (error) {
        // Ours must not fail; DuckDB with little memory may.
        if (profiler === 'process-1') throw error;
        failures[profiler] = (error as Error).message;
        log(`${profiler} ${failures[profiler]}`);
      }
    }
  }
  requireSameFigures(figures);
  return { seconds, cpuSeconds, failures };
}

function requireSameFigures(figures: ReadonlyMap<Profiler, ReportProfile | CommandRun>): void {
  const ours = figures.get('process-1') as ReportProfile;
  const theirs = figures.get('duckdb') as CommandRun | undefined;
  if (!theirs) return;
  const found = differences(ours.columns, theirs.rows);
  if (found.length > 0) throw new Error(`Process 1 and DuckDB do not give the same figures: ${found.slice(0, 3).join(' ')}`);
}
