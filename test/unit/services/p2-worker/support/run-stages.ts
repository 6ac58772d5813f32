import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { handle as handleP1 } from '../../../../../services/p1-worker/handlers/report.ts';
import { handle as handleP2 } from '../../../../../services/p2-worker/handlers/report.ts';
import type { ReportOptions } from '../../../../../shared/domain/report-profile.ts';
import { taskIn, withFolder } from './render-dataset.ts';

const tools = { signal: new AbortController().signal, progress: () => undefined };

/** Runs both processes on an upload, as the pipeline does. @returns the files made, by name. */
export async function runStages(name: string, bytes: Uint8Array, options: Partial<ReportOptions>): Promise<ReadonlyMap<string, Buffer>> {
  return await withFolder(async (folder) => {
    await writeFile(join(folder, 'upload'), bytes);
    await mkdir(join(folder, 'scratch'));
    const all = { filter: [], group_by: [], metrics: [], sort: [], limit: 1_000, formats: ['pdf', 'xlsx', 'html', 'csv'], ...options };
    const upload = { name: 'upload', path: join(folder, 'upload'), sizeBytes: bytes.length, mediaType: 'text/csv', originalName: name };
    const first = {
      ...taskIn(folder),
      files: [upload],
      input: { upload_id: 'upload-1' },
      options: all,
      scratchDir: join(folder, 'scratch'),
    };
    expect(await handleP1(first, tools)).to.have.property('kind', 'done');
    await rename(join(folder, 'out'), join(folder, 'p1'));
    await mkdir(join(folder, 'out'));
    const outcome = await handleP2({ ...taskIn(join(folder, 'p1')), outDir: join(folder, 'out') }, tools);
    expect(outcome).to.have.property('kind', 'done');
    const names = outcome.kind === 'done' ? outcome.artifacts!.map((one) => one.name) : [];
    return new Map(await Promise.all(names.map(async (one) => [one, await readFile(join(folder, 'out', one))] as const)));
  });
}
