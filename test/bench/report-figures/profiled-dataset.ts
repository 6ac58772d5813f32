import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { memoryLimitMb } from '../../../services/p1-worker/handlers/report/database.ts';
import { P1_HANDLERS } from '../../../services/p1-worker/handlers.ts';
import type { ReportProfile } from '../../../shared/domain/report-profile.ts';
import { type Shape, writeDataset } from '../large-datasets.ts';
import { runCalls } from './calls.ts';
import { type CommandOptions, type CommandRun, runCommand } from './duckdb-command.ts';
import { equivalentSql, readSql, type SqlColumn, summarizeSql } from './equivalent-sql.ts';
import { taskFile } from './report-task.ts';

/** Who profiles a dataset. `duckdb-limited`: with the memory that Process 1 gives its database; `summarize`: by estimates. */
export const PROFILERS = ['process-1', 'duckdb', 'duckdb-limited', 'summarize'] as const;
export type Profiler = (typeof PROFILERS)[number];

/** What profiling a dataset once took and gave. */
export interface ProfileRun {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly figures: ReportProfile | CommandRun;
}

const { report: P1 } = P1_HANDLERS;

/** A dataset on disk with the columns that DuckDB sees, found out before the clock runs. */
export class ProfiledDataset {
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

  async write(shape: Shape, bytes: number): Promise<void> {
    this.rows = await writeDataset(this.#path, shape, bytes);
    this.bytes = (await stat(this.#path)).size;
    const described = await runCommand(`DESCRIBE SELECT * FROM ${readSql(this.#path)};`, { program: this.#program, folder: this.#folder });
    this.columns = described.rows.map((row) => ({ name: String(row['column_name']), type: String(row['column_type']) }));
  }

  async profile(profiler: Profiler): Promise<ProfileRun> {
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
    const { callsMs, cpuSeconds } = await runCalls({ place: P1.isolation, module: P1.module, request, calls: 1, folder });
    const profile = await readFile(join(folder, 'call-1/out-p1/profile.json'), 'utf8');
    return { seconds: callsMs[0]! / 1_000, cpuSeconds, figures: JSON.parse(profile) as ReportProfile };
  }

  async #byCommand(profiler: Profiler, folder: string) {
    const sql = profiler === 'summarize' ? summarizeSql(this.#path) : equivalentSql(this.#path, this.columns);
    const limit = profiler === 'duckdb-limited' ? { limitMb: memoryLimitMb(P1.memoryMb) } : {};
    const options: CommandOptions = { program: this.#program, folder, ...limit };
    const run = await runCommand(sql, options);
    return { seconds: run.ms / 1_000, cpuSeconds: run.cpuSeconds, figures: run };
  }
}
