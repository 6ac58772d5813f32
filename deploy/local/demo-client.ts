import { basename, join, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ApiError, DemoApi, type DemoStatus } from './demo-api.ts';
import { type DemoOptions, DemoUsageError, parseDemoOptions } from './demo-options.ts';
import { ProgressView } from './progress-view.ts';

const POLL_MS = 100;
/** The API may be away for a moment, as when its process is started again. */
const AWAY_MS = 15_000;
const ENDED = ['COMPLETED', 'FAILED', 'CANCELED', 'EXPIRED'];

/** Where the user is: npm runs its scripts in the project's folder. */
const userFolder = () => process.env['INIT_CWD'] ?? process.cwd();
const print = (line: string) => process.stdout.write(`${line}\n`);

async function follow(api: DemoApi, jobId: string): Promise<DemoStatus> {
  const view = new ProgressView(process.stdout);
  let answeredAt = Date.now();
  for (;;) {
    try {
      const status = await api.status(jobId);
      answeredAt = Date.now();
      view.show(status.status, status.progress);
      if (ENDED.includes(status.status)) {
        view.end();
        return status;
      }
    } catch (error) {
      if (error instanceof ApiError || Date.now() - answeredAt > AWAY_MS) throw error;
    }
    await delay(POLL_MS);
  }
}

/** As seen from the user's folder, when it lies below. */
function shortPath(path: string): string {
  const short = relative(userFolder(), path);
  return short.startsWith('..') ? path : short;
}

function size(bytes: number): string {
  return bytes < 1_024 ? `${bytes} B` : bytes < 1_048_576 ? `${(bytes / 1_024).toFixed(1)} KiB` : `${(bytes / 1_048_576).toFixed(1)} MiB`;
}

async function makeReport(base: string, { input, report }: DemoOptions): Promise<number> {
  const api = new DemoApi(base);
  print(`Uploading ${basename(input)} ...`);
  const jobId = await api.submitReport(await api.upload(input), report);
  print(`Job ${jobId}`);
  const { status, error, retry_available: canRetry } = await follow(api, jobId);
  if (status !== 'COMPLETED') {
    process.stderr.write(`The job ended as ${status}${error ? `: ${error}` : ''}${canRetry ? ' (it may be retried)' : ''}\n`);
    return 1;
  }
  const files = await api.download(jobId, join(process.cwd(), 'reports', jobId));
  const paths = files.map(({ path }) => shortPath(path));
  const width = Math.max(0, ...paths.map((path) => path.length));
  print('The report:');
  for (const [index, { sizeBytes }] of files.entries()) print(`  ${paths[index]!.padEnd(width)}  ${size(sizeBytes)}`);
  return files.length > 0 ? 0 : 1;
}

/** Run by demo.mjs: makes one report through the API at JOBLINE_API and exits 0 when its files are there, otherwise 1. */
async function main(): Promise<number> {
  const base = process.env['JOBLINE_API'];
  if (!base) throw new DemoUsageError('JOBLINE_API is not set; it must be the URL of the API, such as http://127.0.0.1:8080.');
  return makeReport(base, parseDemoOptions(process.argv.slice(2), userFolder()));
}

try {
  process.exitCode = await main();
} catch (error) {
  const isKnown = error instanceof ApiError || error instanceof DemoUsageError;
  process.stderr.write(`${isKnown ? (error as Error).message : `The API did not answer: ${(error as Error).stack}`}\n`);
  process.exitCode = 1;
}
