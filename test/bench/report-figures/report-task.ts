import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { StageTask, TaskFile } from '../../../shared/ports/stage-handler.ts';

/** One stage of a report to be run. */
export interface StageRequest {
  readonly stage: string;
  /** Rows that came with the request, instead of an upload. */
  readonly rows?: readonly unknown[];
  readonly files: readonly TaskFile[];
  readonly options: unknown;
  /** MiB. */
  readonly memoryMb: number;
}

/** A task as the worker gives it to a handler, with its folder `out-<stage>` made below `folder`. */
export async function reportTask(folder: string, { stage, rows, files, options, memoryMb }: StageRequest): Promise<StageTask> {
  const outDir = join(folder, `out-${stage}`);
  await mkdir(outDir, { recursive: true });
  return {
    job: { id: 'bench', tenant: 'bench', type: 'report', stage, attempt: 1, run: 0, createdAt: new Date() },
    input: rows ? { rows } : { upload_id: 'bench' },
    options,
    effectKey: `bench:${stage}:0`,
    files,
    scratchDir: folder,
    outDir,
    memoryMb,
  };
}

/** A file that is there, as a task names it. @param name `upload` for the job's upload */
export async function taskFile(path: string, name: string, mediaType: string): Promise<TaskFile> {
  return { name, path, sizeBytes: (await stat(path)).size, mediaType, ...(name === 'upload' && { originalName: 'large' }) };
}

/** What Process 1 left in a folder, for Process 2. */
export function handedOver(folder: string): Promise<readonly TaskFile[]> {
  return Promise.all([
    taskFile(join(folder, 'profile.json'), 'profile.json', 'application/json'),
    taskFile(join(folder, 'table.ndjson'), 'table.ndjson', 'application/x-ndjson'),
  ]);
}
