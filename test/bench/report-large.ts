import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { P1_HANDLERS } from '../../services/p1-worker/handlers.ts';
import { P2_HANDLERS } from '../../services/p2-worker/handlers.ts';
import type { HandlerSpec } from '../../shared/ports/job-type-module.ts';
import type { Outcome, StageTask, TaskFile } from '../../shared/ports/stage-handler.ts';
import { HandlerProcess } from '../../shared/worker/isolation/handler-process.ts';
import { commandLine, wrongUse } from '../support/command-line.ts';
import { SHAPES, writeDataset } from './large-datasets.ts';
import { PeakMemory } from './peak-memory.ts';

const USAGE = `npm run bench:report -- [option ...]

Profiles and renders a large generated dataset in handler processes as the workers do, with their watchdog. Ends with PASS when every
process stays below the memory allowed, else with FAIL (exit code 1). Needs three times the dataset's size of disk, removed at the end.

--gb <n>          size of the dataset (1)
--shape <name>    ${SHAPES.join(', ')} (orders)
--limit-mb <n>    memory allowed a process (600)
--options <json>  options of the job ({})
--raw             also times plain SQL of DuckDB on the same file
--help            this`;

const { values } = commandLine({
  usage: USAGE,
  options: {
    gb: { type: 'string', default: '1' },
    shape: { type: 'string', default: 'orders' },
    'limit-mb': { type: 'string', default: '600' },
    options: { type: 'string', default: '{}' },
    raw: { type: 'boolean', default: false },
  },
});
const shape = SHAPES.find((one) => one === values.shape) ?? wrongUse(`--shape is ${values.shape}; there are ${SHAPES.join(', ')}.`, USAGE);

interface StageRun {
  readonly outcome: Outcome;
  readonly seconds: number;
  readonly peakMb: number;
}

function taskOf(stage: string, folder: string, files: readonly TaskFile[], memoryMb: number): StageTask {
  return {
    job: { id: 'bench', tenant: 'bench', type: 'report', stage, attempt: 1, run: 0, createdAt: new Date() },
    input: { upload_id: 'bench' },
    options: JSON.parse(values.options),
    effectKey: `bench:${stage}:0`,
    files,
    scratchDir: folder,
    outDir: join(folder, `out-${stage}`),
    memoryMb,
  };
}

async function runStage(stage: string, spec: HandlerSpec, folder: string, files: readonly TaskFile[]): Promise<StageRun> {
  const task = taskOf(stage, folder, files, spec.memoryMb ?? 0);
  await mkdir(task.outDir);
  const child = new HandlerProcess(task.memoryMb);
  const peak = new PeakMemory(child.pid ?? 0);
  const begun = performance.now();
  try {
    const outcome = await child.run(spec.module, task, new AbortController().signal, () => undefined);
    return { outcome, seconds: (performance.now() - begun) / 1_000, peakMb: await peak.stop() };
  } finally {
    await child.end();
  }
}

async function fileOf(path: string, name: string, mediaType: string): Promise<TaskFile> {
  return { name, path, sizeBytes: (await stat(path)).size, mediaType, ...(name === 'upload' && { originalName: 'large' }) };
}

/** Both stages, the second on what the first wrote. */
async function runStages(folder: string, path: string): Promise<readonly StageRun[]> {
  const upload = await fileOf(path, 'upload', shape === 'ndjson' ? 'application/x-ndjson' : 'text/csv');
  const p1 = await runStage('p1', P1_HANDLERS.report, folder, [upload]);
  if (p1.outcome.kind !== 'done') return [p1];
  await rename(join(folder, 'out-p1'), join(folder, 'in'));
  const handedOver = await Promise.all([
    fileOf(join(folder, 'in/profile.json'), 'profile.json', 'application/json'),
    fileOf(join(folder, 'in/table.ndjson'), 'table.ndjson', 'application/x-ndjson'),
  ]);
  return [p1, await runStage('p2', P2_HANDLERS.report, folder, handedOver)];
}

/** What DuckDB itself needs for the import and one aggregate a column, all memory allowed: the floor for our time. */
async function runRaw(path: string): Promise<number> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
  const connection = await instance.connect();
  const begun = performance.now();
  await connection.run(`SUMMARIZE SELECT * FROM read_csv('${path}', sample_size = -1)`);
  const seconds = (performance.now() - begun) / 1_000;
  connection.closeSync();
  instance.closeSync();
  return seconds;
}

function print(run: StageRun, index: number): void {
  const { kind, ...rest } = run.outcome;
  const said = JSON.stringify('error' in rest ? rest.error : (rest as { summary?: unknown }).summary);
  console.log(`p${index + 1}: ${kind} in ${run.seconds.toFixed(1)} s, peak ${run.peakMb} MiB resident, ${said}`);
}

/** Problems that fail the bench. */
function problemsOf(runs: readonly StageRun[], rows: number, limitMb: number): string[] {
  const problems = runs.flatMap(({ outcome, peakMb }, index) => [
    ...(outcome.kind === 'done' ? [] : [`p${index + 1} ended with ${outcome.kind}`]),
    ...(peakMb > 0 && peakMb < limitMb ? [] : [`p${index + 1} took ${peakMb} MiB; allowed are less than ${limitMb}`]),
  ]);
  const counted = runs[0]?.outcome.kind === 'done' ? runs[0].outcome.summary?.['rows'] : undefined;
  return counted === rows ? problems : [...problems, `p1 counted ${String(counted)} rows of ${rows}`];
}

async function main(): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'jobline-bench-report-'));
  const removeAtSignal = () => void rm(folder, { recursive: true, force: true }).finally(() => process.exit(1));
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, removeAtSignal);
  try {
    const path = join(folder, 'upload');
    const rows = await writeDataset(path, shape, Number(values.gb) * 1e9);
    console.log(`dataset: ${shape}, ${(await stat(path)).size} bytes, ${rows} rows`);
    const raw = values.raw ? await runRaw(path) : undefined;
    if (raw !== undefined) console.log(`DuckDB's own SUMMARIZE, memory not limited: ${raw.toFixed(1)} s`);
    const own = new PeakMemory(process.pid);
    const runs = await runStages(folder, path);
    runs.forEach(print);
    const problems = problemsOf(runs, rows, Number(values['limit-mb']));
    console.log(`parent (generates the dataset): peak ${await own.stop()} MiB resident`);
    console.log(
      problems.length > 0 ? `FAIL: ${problems.join('; ')}` : `PASS: every handler process stayed below ${values['limit-mb']} MiB`,
    );
    return problems.length === 0;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

if (!(await main())) process.exitCode = 1;
