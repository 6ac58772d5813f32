import { mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { memoryLimitMb } from '../../../services/p1-worker/handlers/report/database.ts';
import { P1_HANDLERS } from '../../../services/p1-worker/handlers.ts';
import type { ReportProfile } from '../../../shared/domain/report-profile.ts';
import { type Shape, writeDataset } from '../large-datasets.ts';
import { runCalls } from './calls.ts';
import { type CommandOptions, type CommandRun, runCommand } from './duckdb-command.ts';
import { equivalentSql, readSql, type SqlColumn, summarizeSql } from './equivalent-sql.ts';
import { taskFile } from './report-task.ts';
import { differences } from './same-figures.ts';

/** Who profiles a dataset. `duckdb-limited`: with the memory that Process 1 gives its database; `summarize`: by estimates. */
export const PROFILERS = ['process-1', 'duckdb', 'duckdb-limited', 'summarize'] as const;
export type Profiler = (typeof PROFILERS)[number];

/** Seconds of each repeat by who profiled. */
export interface ProfileRates {
  readonly shape: Shape;
  readonly bytes: number;
  readonly rows: number;
  readonly columns: number;
  readonly seconds: Readonly<Partial<Record<Profiler, readonly number[]>>>;
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

const { report: P1 } = P1_HANDLERS;

/** A dataset on disk with the columns that DuckDB sees, found out before the clock runs. */
class ProfiledDataset {
  readonly #folder: string;
  readonly #program: string;
  readonly #path: string;
  columns: readonly SqlColumn[] = [];
  rows = 0;
  bytes = 0;

  constructor(folder: string, program: string) {
    this.#folder = folder;
    this.#program = program;
    this.#path = join(folder, 'upload');
  }

  async write({ shape, bytes }: ProfilePlan): Promise<void> {
    this.rows = await writeDataset(this.#path, shape, bytes);
    this.bytes = (await stat(this.#path)).size;
    const described = await runCommand(`DESCRIBE SELECT * FROM ${readSql(this.#path)};`, { program: this.#program, folder: this.#folder });
    this.columns = described.rows.map((row) => ({ name: String(row['column_name']), type: String(row['column_type']) }));
  }

  /** @returns seconds, and what came out. */
  async profile(profiler: Profiler): Promise<{ seconds: number; figures: ReportProfile | CommandRun }> {
    const folder = await mkdtemp(join(this.#folder, `${profiler}-`));
    try {
      return profiler === 'process-1' ? await this.#byProcess1(folder) : await this.#byCommand(profiler, folder);
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  async #byProcess1(folder: string) {
    const files = [await taskFile(this.#path, 'upload', 'text/csv')];
    const request = { stage: 'p1', files, options: {}, memoryMb: P1.memoryMb };
    const { callsMs } = await runCalls({ place: P1.isolation, module: P1.module, request, calls: 1, folder });
    const profile = await readFile(join(folder, 'call-1/out-p1/profile.json'), 'utf8');
    return { seconds: callsMs[0]! / 1_000, figures: JSON.parse(profile) as ReportProfile };
  }

  async #byCommand(profiler: Profiler, folder: string) {
    const sql = profiler === 'summarize' ? summarizeSql(this.#path) : equivalentSql(this.#path, this.columns);
    const limit = profiler === 'duckdb-limited' ? { limitMb: memoryLimitMb(P1.memoryMb) } : {};
    const options: CommandOptions = { program: this.#program, folder, ...limit };
    const run = await runCommand(sql, options);
    return { seconds: run.ms / 1_000, figures: run };
  }
}

/** Seconds that Process 1 and DuckDB's command take for the same dataset, in turn. @throws Error when their figures differ. */
export async function measureProfileRates(plan: ProfilePlan, folder: string, log: Log): Promise<ProfileRates> {
  const own = join(folder, 'profile');
  await mkdir(own);
  try {
    const dataset = new ProfiledDataset(own, plan.program);
    await dataset.write(plan);
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
  const failures: Partial<Record<Profiler, string>> = {};
  const figures = new Map<Profiler, ReportProfile | CommandRun>();
  for (let repeat = 0; repeat < repeats; repeat += 1) {
    for (const index of PROFILERS.keys()) {
      const profiler = PROFILERS[(index + repeat) % PROFILERS.length]!;
      if (failures[profiler] !== undefined) continue;
      try {
        const run = await dataset.profile(profiler);
        (seconds[profiler] ??= []).push(run.seconds);
        figures.set(profiler, run.figures);
        log(`${profiler} ${run.seconds.toFixed(2)} s`);
      } catch (error) {
        // Ours must not fail; DuckDB with little memory may.
        if (profiler === 'process-1') throw error;
        failures[profiler] = (error as Error).message;
        log(`${profiler} ${failures[profiler]}`);
      }
    }
  }
  requireSameFigures(figures);
  return { seconds, failures };
}

function requireSameFigures(figures: ReadonlyMap<Profiler, ReportProfile | CommandRun>): void {
  const ours = figures.get('process-1') as ReportProfile;
  const theirs = figures.get('duckdb') as CommandRun | undefined;
  if (!theirs) return;
  const found = differences(ours.columns, theirs.rows);
  if (found.length > 0) throw new Error(`Process 1 and DuckDB do not give the same figures: ${found.slice(0, 3).join(' ')}`);
}
