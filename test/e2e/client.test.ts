import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { type BatchJob, type BatchResult, JoblineClient, JoblineProblem } from '../../shared/client/index.ts';
import { projectRoot } from '../../shared/runtime/project-root.ts';
import { localModule } from '../support/local-stack.ts';
import { TestSystem } from '../support/test-system.ts';

const JOBS = 2_000;
/** A machine on which other tests run has other things to do. */
const ENDED_MS = 120_000;
const WAIT = { timeoutMs: 60_000 };

describe('The client SDK, against the real system', function () {
  this.timeout(180_000);
  let system: TestSystem;
  let client: JoblineClient;

  before(async () => {
    system = await TestSystem.start();
    client = new JoblineClient({ baseUrl: system.system.api });
  });

  after(() => system?.stop());

  const input = () => ({ effects: system.effects.path });
  const problemOf = (promise: Promise<unknown>) =>
    promise.then(
      () => expect.fail('no problem'),
      (error: unknown) => {
        expect(error).to.be.instanceOf(JoblineProblem);
        return error as JoblineProblem;
      },
    );

  it('submit, wait, outputs, download: the file comes whole, with the digest that was stated', async () => {
    const { job_id, status, links } = await client.submit('wait', input(), { max_attempts: 3 });
    expect([status, links['self']]).to.deep.equal(['QUEUED', `/v1/jobs/${job_id}`]);
    const job = await client.wait(job_id, WAIT);
    expect(job).to.deep.include({ job_id, type: 'wait', lane: 'standard', status: 'COMPLETED', progress: 100, done: true });
    const outputs = await client.outputs(job_id);
    expect(outputs.map(({ name }) => name)).to.deep.equal(['p1.json', 'p2.json']);
    expect(job.outputs).to.deep.equal(outputs.map(({ download: _, ...output }) => output));
    const { href } = outputs[0]!.download!;
    expect((await fetch(new URL(href, system.system.api))).status, 'a link needs no key').to.equal(200);
    for (const { name, media_type, size_bytes, sha256, stage } of outputs) {
      const file = await client.download(job_id, name, { stage });
      expect(file).to.include({ media_type, size_bytes, sha256 });
      const bytes = Buffer.from(await new Response(file.body).arrayBuffer());
      expect([bytes.length, createHash('sha256').update(bytes).digest('hex')]).to.deep.equal([size_bytes, sha256]);
    }
    expect(await problemOf(client.download(job_id, 'p3.json'))).to.include({ code: 'output_not_found', status: 404 });
  });

  it('submit with one key twice: one job, told as replayed; with another input: a problem', async () => {
    const key = { idempotency_key: 'sdk "order" \\ 1' };
    const first = await client.submit('noop', input(), key);
    expect(await client.submit('noop', input(), key)).to.deep.equal({ ...first, replayed: true });
    expect(await problemOf(client.submit('noop', {}, key))).to.include({ code: 'idempotency_mismatch', status: 422 });
  });

  it('submit of what is wrong: a problem that says what and where', async () => {
    const problem = await problemOf(client.submit('report', { rows: 7 }));
    expect(problem).to.include({ code: 'invalid_request', status: 422 });
    expect(problem.errors.map(({ pointer }) => pointer)).to.include('/input/rows');
    expect(problem.traceId).to.match(/^[0-9a-f]{32}$/);
  });

  it(`submitBatch of ${JOBS}, some of them wrong: results in order, each job that is right runs once`, async () => {
    const isWrong = (index: number) => index % 40 === 7;
    function* jobs(): Generator<BatchJob> {
      for (let index = 0; index < JOBS; index += 1) yield { type: isWrong(index) ? 'no-such-type' : 'noop', input: { index } };
    }
    const results: BatchResult[] = [];
    for await (const result of client.submitBatch(jobs())) results.push(result);
    expect(results.map(({ index }) => index)).to.deep.equal(Array.from({ length: JOBS }, (_, index) => index));
    expect(results.map(({ status }) => status)).to.deep.equal(results.map(({ index }) => (isWrong(index) ? 422 : 202)));
    for (const { error } of results) if (error) expect(error).to.include({ code: 'invalid_request' });
    const ids = results.flatMap(({ job_id }) => job_id ?? []);
    expect(await system.untilAllEnded(ids, ENDED_MS)).to.deep.equal({ COMPLETED: JOBS - JOBS / 40 });
    expect(await system.db.collection('jobs').countDocuments({ lane: 'bulk' })).to.equal(ids.length);
    const stored = await system.db
      .collection<{ _id: string; idemKey: string }>('jobs')
      .find({ lane: 'bulk' }, { projection: { idemKey: 1 } })
      .toArray();
    const keys = new Map(stored.map(({ _id, idemKey }) => [_id, idemKey]));
    for (const { job_id, idempotency_key } of results) if (job_id) expect(keys.get(job_id)).to.equal(idempotency_key);
  });

  it('submitBatch while the gateway is killed: every job is accepted and there once', async () => {
    const patient = new JoblineClient({ baseUrl: system.system.api, retry: { attempts: 60, maxDelayMs: 1_000 } });
    function* jobs(): Generator<BatchJob> {
      for (let index = 0; index < JOBS; index += 1) yield { type: 'noop', input: { index }, lane: 'express' };
    }
    const ids: string[] = [];
    for await (const { job_id } of patient.submitBatch(jobs(), { jobsPerRequest: 100 })) {
      if (ids.length === 250) await system.system.kill('gateway');
      ids.push(job_id ?? 'refused');
    }
    expect([ids.length, new Set(ids).size]).to.deep.equal([JOBS, JOBS]);
    expect(await system.untilAllEnded(ids, ENDED_MS)).to.deep.equal({ COMPLETED: JOBS });
    expect(await system.db.collection('jobs').countDocuments({ lane: 'express' })).to.equal(JOBS);
  });

  it('cancel: the job ends so, wait tells it; of a finished job: a conflict', async () => {
    const { job_id } = await client.submit('noop', input(), { run_at: new Date(Date.now() + 600_000) });
    expect(await client.get(job_id)).to.include({ status: 'SCHEDULED', done: false });
    expect(await client.cancel(job_id)).to.include({ status: 'CANCELED' });
    expect(await client.wait(job_id, WAIT)).to.include({ status: 'CANCELED', done: true });
    const done = (await client.submit('noop', input())).job_id;
    await client.wait(done, WAIT);
    expect(await problemOf(client.cancel(done))).to.include({ code: 'job_conflict', status: 409 });
  });

  it('retry of a failed job from the beginning: runs again; of one that has ended well: a conflict', async () => {
    const { job_id } = await client.submit('poison-inline', { ...input(), poison: { stage: 'p2', how: 'throw', runs: 1 } });
    expect(await client.wait(job_id, WAIT)).to.include({ status: 'FAILED', retry_available: true, run: 0 });
    expect((await client.retry(job_id, { from: 'beginning' })).job_id).to.equal(job_id);
    expect(await client.wait(job_id, WAIT)).to.include({ status: 'COMPLETED', run: 1 });
    expect(await problemOf(client.retry(job_id))).to.include({ code: 'job_conflict', status: 409 });
    expect(await problemOf(client.get('00000000-0000-7000-8000-000000000000'))).to.include({ code: 'job_not_found' });
  });

  it('upload of a stream: its report is made from it', async () => {
    const csv = 'city,price\nWien,10\nGraz,7.5\n';
    const upload = await client.upload(new Blob([csv]).stream(), { filename: 'prices.csv', media_type: 'text/csv' });
    expect(upload).to.include({ filename: 'prices.csv', media_type: 'text/csv', size_bytes: csv.length });
    const { job_id } = await client.submit('report', { upload_id: upload.upload_id }, { options: { formats: ['html'] } });
    expect(await client.wait(job_id, WAIT)).to.include({ status: 'COMPLETED', upload_id: upload.upload_id });
    expect(await new Response((await client.download(job_id, 'report.html')).body).text()).to.contain('Graz');
  });

  it('the example of docs/client.md, with the package installed into an empty folder: does what it says', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'jobline-client-'));
    const run = promisify(execFile);
    try {
      const { packClient } = await localModule<{ packClient(destination: string): Promise<string> }>('client-package.mjs');
      const { runNpm } = await localModule<{ runNpm(args: string[], env: object, cwd: string): Promise<{ code: number; output: string }> }>(
        'setup.mjs',
      );
      writeFileSync(join(folder, 'package.json'), '{"private": true}');
      const file = await packClient(folder);
      const cache = { npm_config_cache: join(folder, 'cache') };
      const installed = await runNpm(['install', '--offline', '--no-audit', '--no-fund', file], cache, folder);
      expect(installed.code, installed.output).to.equal(0);
      expect(readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.'))).to.deep.equal(['jobline-client']);
      const page = readFileSync(join(projectRoot(), 'docs/client.md'), 'utf8');
      const [example, ...others] = [...page.matchAll(/^```js\n(.*?)^```$/gms)].map(([, block]) => block!);
      expect(others).to.deep.equal([]);
      writeFileSync(join(folder, 'example.mjs'), example!);
      const env = { PATH: process.env['PATH'] ?? '', API: system.system.api };
      const { stdout } = await run(process.execPath, ['example.mjs'], { cwd: folder, env, timeout: 60_000 });
      expect(stdout.trim().split('\n')).to.deep.equal([
        "COMPLETED [ 'report.html' ]",
        '0 accepted',
        '1 accepted',
        '2 refused: invalid_request',
        '409 job_conflict',
      ]);
      expect(readFileSync(join(folder, 'report.html'), 'utf8'))
        .to.match(/^<!doctype html>/i)
        .and.to.contain('Oslo');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
