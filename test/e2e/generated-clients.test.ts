import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { projectRoot } from '../../shared/runtime/project-root.ts';
import { localModule } from '../support/local-stack.ts';
import { TestSystem } from '../support/test-system.ts';

const run = promisify(execFile);
const KEY = `pk_${'f'.repeat(16)}_${'s'.repeat(43)}`;
const SOURCES = join(projectRoot(), 'test/generated-clients');
/** What both clients have to tell of a job's life. */
const LIFE = {
  without_key: [401, 'unauthorized'],
  wrong: [422, 'invalid_request'],
  upload: 19,
  submit: [202, 'QUEUED'],
  repeat: [202, true],
  end: 'COMPLETED',
  job: ['COMPLETED', 'report', 0, ['generated']],
  outputs: ['report.html'],
  download: true,
  timeline: true,
  explain: true,
  events: true,
  cancel_ended: [409, 'job_conflict'],
  batch: [202, 202, 422],
  batch_problem: 'invalid_request',
  scheduled: 'SCHEDULED',
  cancel: 'CANCELED',
  retry: true,
  retried: 'COMPLETED',
  list: [2, true],
  next: 1,
  search: [true],
  delete: 204,
  gone: [404, 'job_not_found'],
};

describe('clients that other tools generate from /openapi.json', function () {
  this.timeout(300_000);
  let generators: { readonly PYTHONPATH: string; readonly nodeModules: string };
  let folder: string;
  let document: string;
  const systems: TestSystem[] = [];

  before(async () => {
    const { findOpenapiGenerators } = await localModule<{
      findOpenapiGenerators(log: (line: string) => void): Promise<typeof generators>;
    }>('install/find-openapi-generators.mjs');
    generators = await findOpenapiGenerators((line) => process.stderr.write(`${line}\n`));
    folder = mkdtempSync(join(tmpdir(), 'jobline-generated-'));
    document = join(folder, 'openapi.json');
  });
  afterEach(() => Promise.all(systems.splice(0).map((system) => system.stop())));
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** Starts a system that asks for keys, and takes its document. @returns the address of its API. */
  async function start(): Promise<string> {
    const env = { JOBLINE_AUTH: 'keys', JOBLINE_KEY_PEPPER: 'pepper-of-this-test-pepper-of-this-test', JOBLINE_BOOTSTRAP_KEY: KEY };
    const system = await TestSystem.start({ env });
    systems.push(system);
    const { api } = system.system;
    writeFileSync(document, await (await fetch(`${api}/openapi.json`)).text());
    return api;
  }

  it('openapi-python-client: leaves out what it has no word for alone, and drives the whole life of a job', async function () {
    const isNewEnough = await run('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 11))']).then(
      () => true,
      () => false,
    );
    if (!isNewEnough && !process.env['CI']) {
      process.stderr.write('openapi-python-client is not tried: it needs Python 3.11 or later.\n');
      this.skip();
    }
    const api = await start();
    const client = join(folder, 'python');
    const config = join(folder, 'config.json');
    writeFileSync(config, JSON.stringify({ post_hooks: [], package_name_override: 'jobline_client' }));
    const environment = { ...process.env, PYTHONPATH: generators.PYTHONPATH };
    const generate = ['-m', 'openapi_python_client', 'generate', '--path', document, '--output-path', client, '--config', config];
    const { stdout, stderr } = await run('python3', generate, { env: environment });
    const complaints = [...`${stdout}${stderr}`.matchAll(/^(?:WARNING|ERROR) parsing (.*?) within.*\n+(.*)$/gm)].map(([, at, why]) => [
      at,
      why,
    ]);
    expect(complaints).to.deep.equal([
      ['POST /v1/jobs:batch', 'Unsupported content type application/x-ndjson'],
      ['POST /v1/uploads', 'Unsupported content type */*'],
    ]);
    const env = { ...environment, PYTHONPATH: `${client}:${generators.PYTHONPATH}` };
    const life = await run('python3', [join(SOURCES, 'life.py'), api, KEY], { env, timeout: 90_000 });
    expect(JSON.parse(life.stdout)).to.deep.equal(LIFE);
  });

  it('openapi-typescript: its types fit strictly, and it drives the whole life of a job', async () => {
    const api = await start();
    const { nodeModules } = generators;
    symlinkSync(nodeModules, join(folder, 'node_modules'));
    writeFileSync(join(folder, 'package.json'), '{"type": "module"}');
    const generate = [join(nodeModules, 'openapi-typescript/bin/cli.js'), document, '-o', join(folder, 'api.d.ts')];
    // Else what has a default must be given in requests.
    await run(process.execPath, [...generate, '--default-non-nullable=false']);
    copyFileSync(join(SOURCES, 'life.mts'), join(folder, 'life.mts'));
    const types = join(projectRoot(), 'node_modules/@types');
    const options = ['--strict', '--target', 'es2023', '--module', 'nodenext', '--skipLibCheck', '--typeRoots', types, '--types', 'node'];
    const tsc = [join(nodeModules, 'typescript/bin/tsc'), ...options, 'life.mts'];
    await run(process.execPath, tsc, { cwd: folder }).catch((error: { stdout: string }) => expect.fail(error.stdout));
    const life = await run(process.execPath, [join(folder, 'life.mjs'), api, KEY], { timeout: 90_000 });
    expect(JSON.parse(life.stdout)).to.deep.equal(LIFE);
  });
});
