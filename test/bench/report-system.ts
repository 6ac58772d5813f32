import { createReadStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commandLine } from '../support/command-line.ts';
import { TestSystem } from '../support/test-system.ts';
import { writeDataset } from './large-datasets.ts';
import { ProcessTree } from './process-tree.ts';

const USAGE = `npm run bench:report-system -- [option ...]

Sends a large CSV through the whole system as a user would: upload over HTTP, job, status, outputs. Ends with PASS when every process of
Jobline stays below the limit, else with FAIL (exit code 1).

--gb <n>         size of the file (1)
--limit-mb <n>   memory allowed a process (600)
--help           this`;

const { values } = commandLine({
  usage: USAGE,
  options: { gb: { type: 'string', default: '1' }, 'limit-mb': { type: 'string', default: '600' } },
});
const POLL_MS = 250;

/** Streams a file as the body of a POST. */
async function upload(system: TestSystem, path: string): Promise<string> {
  const { hostname, port } = new URL(system.system.api);
  const headers = { 'content-type': 'text/csv', 'content-length': (await stat(path)).size };
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, path: '/v1/uploads?filename=large.csv', method: 'POST', headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () =>
        response.statusCode === 201 ? resolve((JSON.parse(text) as { upload_id: string }).upload_id) : reject(new Error(text)),
      );
    });
    createReadStream(path).pipe(sent.on('error', reject));
  });
}

async function run(system: TestSystem, path: string): Promise<void> {
  const startedAtMs = performance.now();
  const seconds = () => `${((performance.now() - startedAtMs) / 1_000).toFixed(1)} s`;
  const uploadId = await upload(system, path);
  console.log(`${seconds()}: uploaded`);
  const { body } = await system.request('POST', '/generate-file', { input: { upload_id: uploadId } });
  const id = body['job_id'] as string;
  for (let last = ''; ; ) {
    const { status, progress, error } = await system.status(id);
    if (`${status} ${progress}` !== last) console.log(`${seconds()}: ${status} ${progress} %${error === undefined ? '' : ` ${error}`}`);
    last = `${status} ${progress}`;
    if (status === 'COMPLETED') break;
    if (status === 'FAILED') throw new Error(error);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  const { body: listed } = await system.request<{ outputs: { name: string; size_bytes: number }[] }>('GET', `/v1/jobs/${id}/outputs`);
  for (const { name, size_bytes } of listed.outputs) console.log(`  ${name}  ${size_bytes} bytes`);
}

const folder = await mkdtemp(join(tmpdir(), 'jobline-bench-system-'));
let system: TestSystem | undefined;
try {
  const path = join(folder, 'large.csv');
  const rows = await writeDataset(path, 'orders', Number(values.gb) * 1e9);
  console.log(`dataset: ${(await stat(path)).size} bytes, ${rows} rows`);
  const started = await TestSystem.start({ ownServers: true, env: { LEASE_MS: '30000', JOBLINE_JOB_TYPES: '' } });
  system = started;
  const tree = new ProcessTree(() => new Map(started.system.processes.map(({ pid, name }) => [pid, name])));
  await run(started, path);
  const peaks = [...tree.stop()];
  for (const [name, peakMb] of peaks) console.log(`  ${name}  peak ${peakMb} MiB resident`);
  const over = peaks.filter(([, peakMb]) => peakMb >= Number(values['limit-mb']));
  console.log(
    over.length > 0 ? `FAIL: ${over.map(([name]) => name).join(', ')}` : `PASS: every process stayed below ${values['limit-mb']} MiB`,
  );
  process.exitCode = over.length > 0 ? 1 : 0;
} finally {
  await system?.stop();
  await rm(folder, { recursive: true, force: true });
}
process.exit();
