import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { handle } from '../../../../../services/p2-worker/handlers/report.ts';
import type { ReportProfile } from '../../../../../shared/domain/report-profile.ts';
import type { Outcome, StageTask } from '../../../../../shared/ports/stage-handler.ts';
import { type Dataset, makeProfile } from './make-profile.ts';

/** What Process 2 made of a data set. */
export interface Rendered {
  readonly outcome: Outcome;
  /** By name. */
  readonly files: ReadonlyMap<string, Buffer>;
  readonly progress: readonly number[];
}

/** A task of Process 2 over the files in a folder. */
export function taskIn(folder: string, names: readonly string[] = ['profile.json', 'table.ndjson']): StageTask {
  const files = names.map((name) => ({ name, path: join(folder, name), sizeBytes: 0, mediaType: 'application/json' }));
  const job = { id: 'job', tenant: 'tenant', type: 'report', stage: 'p2', attempt: 1, run: 0, createdAt: new Date(0) };
  return { job, input: {}, options: {}, effectKey: 'job:p2:0', files, scratchDir: folder, outDir: join(folder, 'out'), memoryMb: 500 };
}

/** Runs `work` with a folder that is removed afterwards, with an `out` folder in it. */
export async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'jobline-p2-test-'));
  try {
    await mkdir(join(folder, 'out'));
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Writes a profile and a table as Process 1 does, and renders them. */
export async function render(profile: ReportProfile, rows: Dataset['rows']): Promise<Rendered> {
  return await withFolder(async (folder) => {
    await writeFile(join(folder, 'profile.json'), JSON.stringify(profile));
    await writeFile(join(folder, 'table.ndjson'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    const progress: number[] = [];
    const tools = { signal: new AbortController().signal, progress: (fraction: number) => progress.push(fraction) };
    const outcome = await handle(taskIn(folder), tools);
    const artifacts = outcome.kind === 'done' ? (outcome.artifacts ?? []) : [];
    const files = new Map<string, Buffer>();
    for (const { name } of artifacts) files.set(name, await readFile(join(folder, 'out', name)));
    return { outcome, files, progress };
  });
}

/** Renders a data set whose table is its rows, as many as its limit allows. */
export async function renderDataset(dataset: Dataset): Promise<Rendered> {
  const profile = makeProfile(dataset);
  return await render(profile, dataset.rows.slice(0, profile.options.limit));
}
