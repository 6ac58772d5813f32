import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { openBrowser, type TestBrowser } from '../support/browser.ts';
import { localModule } from '../support/local-stack.ts';
import { PageServer } from '../support/page-server.ts';
import { TestSystem } from '../support/test-system.ts';

type ClientWindow = { client: typeof import('../../shared/client/index.ts') };

/** In the page: everything that the client offers. */
async function useClient(baseUrl: string): Promise<unknown> {
  const { JoblineClient, JoblineProblem } = (globalThis as unknown as ClientWindow).client;
  const client = new JoblineClient({ baseUrl });
  const upload = await client.upload(new Blob(['city,price\nWien,10\n']), { filename: 'prices.csv', media_type: 'text/csv' });
  const { job_id } = await client.submit('report', { upload_id: upload.upload_id }, { options: { formats: ['html'] } });
  const job = await client.wait(job_id, { timeoutMs: 60_000 });
  const html = await new Response((await client.download(job_id, 'report.html')).body).text();
  const jobs = Array.from({ length: 3 }, () => ({ type: 'report', input: { rows: [{ a: 1 }] } }));
  const results = [];
  for await (const { status } of client.submitBatch(jobs)) results.push(status);
  const problem = await client.cancel(job_id).catch((error: unknown) => error);
  return {
    job: job.status,
    hasRow: html.includes('Wien'),
    outputs: (await client.outputs(job_id)).map(({ name }) => name),
    results,
    problem: problem instanceof JoblineProblem && problem.code,
  };
}

describe('the packed client, as modules of a page of another origin', function () {
  this.timeout(300_000);
  let chromium: TestBrowser | undefined;
  let system: TestSystem;
  let pages: PageServer;
  let folder: string;

  before(async function () {
    chromium = await openBrowser();
    if (!chromium) this.skip();
    folder = mkdtempSync(join(tmpdir(), 'jobline-browser-client-'));
    const { packClient } = await localModule<{ packClient(destination: string): Promise<string> }>('client-package.mjs');
    await promisify(execFile)('tar', ['-xzf', await packClient(folder), '-C', folder]);
    pages = await new PageServer(join(folder, 'package')).start();
    system = await TestSystem.start({ env: { CORS_ORIGINS: pages.origin } });
  });
  after(async () => {
    await chromium?.close();
    await system?.stop();
    pages?.stop();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  it('upload, submission, wait, download, batch and a refusal: as in Node, without a bundler', async () => {
    const page = await chromium!.browser.newPage();
    await page.goto(pages.origin);
    await page.addScriptTag({ type: 'module', content: "import * as client from '/modules/index.js'; globalThis.client = client;" });
    await page.waitForFunction(() => 'client' in globalThis);
    expect(await page.evaluate(useClient, system.system.api)).to.deep.equal({
      job: 'COMPLETED',
      hasRow: true,
      outputs: ['report.html'],
      results: [202, 202, 202],
      problem: 'job_conflict',
    });
  });
});
