import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { handle } from '../../../../services/p1-worker/handlers/report.ts';
import type { Cell, ColumnProfile, ReportProfile } from '../../../../shared/domain/report-profile.ts';
import type { Outcome, StageTask } from '../../../../shared/ports/stage-handler.ts';

/** What a job is given. */
export interface ReportInput {
  /** Content of the upload, or `rows` instead. */
  readonly content?: string | Uint8Array;
  readonly rows?: unknown;
  /** The client's name for the upload. */
  readonly name?: string;
  readonly mediaType?: string;
  readonly options?: unknown;
  readonly memoryMb?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (fraction: number) => void;
}

/** What came of it. */
export interface ReportRun {
  readonly outcome: Outcome;
  readonly progress: readonly number[];
  /** Names in the scratch folder afterwards. */
  readonly left: readonly string[];
  readonly profileText: string | undefined;
  readonly tableText: string | undefined;
}

/** Runs Process 1 of a report in a temporary folder of its own. */
export async function runJob(input: ReportInput): Promise<ReportRun> {
  const scratchDir = await mkdtemp(join(tmpdir(), 'jobline-test-report-'));
  try {
    const outDir = join(scratchDir, 'out');
    await mkdir(outDir);
    const progress: number[] = [];
    const task = await taskOf(input, scratchDir, outDir);
    const signal = input.signal ?? new AbortController().signal;
    const outcome = await handle(task, {
      signal,
      progress: (fraction) => {
        progress.push(fraction);
        input.onProgress?.(fraction);
      },
    });
    const read = (name: string) => readFile(join(outDir, name), 'utf8').catch(() => undefined);
    const [profileText, tableText] = await Promise.all([read('profile.json'), read('table.ndjson')]);
    return { outcome, progress, left: await readdir(scratchDir), profileText, tableText };
  } finally {
    await rm(scratchDir, { recursive: true, force: true });
  }
}

async function taskOf(input: ReportInput, scratchDir: string, outDir: string): Promise<StageTask> {
  const path = join(scratchDir, 'upload');
  if (input.content !== undefined) await writeFile(path, input.content);
  const upload = {
    name: 'upload',
    path,
    sizeBytes: 0,
    mediaType: input.mediaType ?? 'application/octet-stream',
    originalName: input.name ?? 'data',
  };
  return {
    job: { id: 'job', tenant: 'tenant', type: 'report', stage: 'p1', attempt: 1, run: 0, createdAt: new Date(0) },
    input: input.content === undefined ? { rows: input.rows } : { upload_id: 'upload' },
    options: input.options ?? {},
    effectKey: 'job:p1:0',
    files: input.content === undefined ? [] : [upload],
    scratchDir,
    outDir,
    memoryMb: input.memoryMb ?? 500,
  };
}

/** The profile and table of a job that must succeed. */
export async function profileOf(input: ReportInput): Promise<{ profile: ReportProfile; table: Cell[][] }> {
  const run = await runJob(input);
  if (run.outcome.kind !== 'done') throw new Error(`The job did not succeed: ${JSON.stringify(run.outcome)}`);
  const lines = (run.tableText ?? '').split('\n').filter((line) => line !== '');
  return { profile: JSON.parse(run.profileText ?? '') as ReportProfile, table: lines.map((line) => JSON.parse(line) as Cell[]) };
}

/** Code and message of a job that must be rejected. */
export async function rejectionOf(input: ReportInput): Promise<{ code: string; message: string }> {
  const { outcome } = await runJob(input);
  if (outcome.kind !== 'reject') throw new Error(`The job was not rejected: ${JSON.stringify(outcome)}`);
  if (outcome.error.errorClass !== 'reject') throw new Error(`Its error has class ${outcome.error.errorClass}`);
  return outcome.error;
}

/** The profile of the column of that name. */
export function columnOf(profile: ReportProfile, name: string): ColumnProfile {
  const column = profile.columns.find((one) => one.name === name);
  if (!column) throw new Error(`No column ${name}; there are ${profile.columns.map((one) => one.name).join(', ')}`);
  return column;
}
