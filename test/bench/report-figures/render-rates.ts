import { copyFile, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { P1_HANDLERS } from '../../../services/p1-worker/handlers.ts';
import { P2_HANDLERS } from '../../../services/p2-worker/handlers.ts';
import { projectRoot } from '../../../shared/runtime/project-root.ts';
import { writeDataset } from '../large-datasets.ts';
import { runCalls } from './calls.ts';
import type { Log } from './profile-rates.ts';
import { handedOver, type StageRequest, taskFile } from './report-task.ts';
import { TINY_ROWS } from './tiny-rows.ts';

/** Documents by size: three rows; a file of 14 columns and 10,000 rows; one of 500 columns. */
export const DOCUMENTS = ['three rows', 'birdstrikes.csv', '500 columns'] as const;
export type DocumentName = (typeof DOCUMENTS)[number];

/** How long Process 2 takes for the PDF of one document. */
export interface RenderRates {
  readonly document: DocumentName;
  readonly pages: number;
  /** The first call of a fresh handler process, its start included, one of each repeat. */
  readonly firstMs: readonly number[];
  /** Calls after it, by the same process. */
  readonly nextMs: readonly number[];
}

const CALLS = 4;
const WIDE_BYTES = 1_500_000;
const { report: P1 } = P1_HANDLERS;
const { report: P2 } = P2_HANDLERS;
const OPTIONS = { formats: ['pdf'] };

async function writeInput(document: DocumentName, path: string): Promise<void> {
  if (document === '500 columns') await writeDataset(path, 'wide', WIDE_BYTES);
  else await copyFile(join(projectRoot(), 'deploy/local/data/birdstrikes.csv'), path);
}

async function requestOf(document: DocumentName, folder: string): Promise<StageRequest> {
  const common = { stage: 'p1', options: OPTIONS, memoryMb: P1.memoryMb };
  if (document === 'three rows') return { ...common, rows: TINY_ROWS, files: [] };
  const path = join(folder, 'upload');
  await writeInput(document, path);
  return { ...common, files: [await taskFile(path, 'upload', 'text/csv')] };
}

/** What Process 2 is given: Process 1's work, done before the clock runs. */
async function renderRequest(document: DocumentName, folder: string): Promise<StageRequest> {
  const request = await requestOf(document, folder);
  await runCalls({ place: P1.isolation, module: P1.module, request, calls: 1, folder });
  await rename(join(folder, 'call-1/out-p1'), join(folder, 'in'));
  return { stage: 'p2', options: OPTIONS, memoryMb: P2.memoryMb, files: await handedOver(join(folder, 'in')) };
}

async function measureDocument(document: DocumentName, folder: string, repeats: number): Promise<RenderRates> {
  const request = await renderRequest(document, folder);
  const [firstMs, nextMs]: [number[], number[]] = [[], []];
  let pages = 0;
  for (let repeat = 0; repeat < repeats; repeat += 1) {
    const { callsMs, outcome } = await runCalls({ place: P2.isolation, module: P2.module, request, calls: CALLS, folder });
    firstMs.push(callsMs[0]!);
    nextMs.push(...callsMs.slice(1));
    pages = outcome.kind === 'done' ? Number(outcome.summary?.['pages']) : 0;
  }
  return { document, pages, firstMs, nextMs };
}

/** Measures Process 2 on all documents. */
export async function measureRenderRates(folder: string, repeats: number, log: Log): Promise<readonly RenderRates[]> {
  const all: RenderRates[] = [];
  for (const document of DOCUMENTS) {
    const own = join(folder, 'render');
    await mkdir(own);
    try {
      all.push(await measureDocument(document, own, repeats));
    } finally {
      await rm(own, { recursive: true });
    }
    const { pages, nextMs } = all.at(-1)!;
    log(`${document}: ${pages} pages, ${nextMs.map((ms) => ms.toFixed(0)).join(', ')} ms`);
  }
  return all;
}
