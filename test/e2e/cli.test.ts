import { type ExecFileException, execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { COMMAND_SET } from '../../services/cli/commands.ts';
import { JoblineClient } from '../../shared/client/index.ts';
import { keyText } from '../../shared/domain/api-key.ts';
import { projectRoot } from '../../shared/runtime/project-root.ts';
import { helpExamples } from '../support/help-examples.ts';
import { RUNBOOK_PAGES, RunbookDesk, readRunbooks } from '../support/runbooks/runbook-run.ts';
import { leftOf, troubledSystem } from '../support/runbooks/runbook-system.ts';
import { TestSystem } from '../support/test-system.ts';

const KEY = keyText({ id: randomBytes(8).toString('hex'), secret: randomBytes(32).toString('base64url') });
const SECURED = { JOBLINE_AUTH: 'keys', JOBLINE_KEY_PEPPER: 'pepper-of-this-test-pepper-of-this-test', JOBLINE_BOOTSTRAP_KEY: KEY };
/** A host that jobs need, and none of these asks. */
const ENDPOINTS = JSON.stringify({ shop: { p1: 'https://api.example.com/orders' } });
const CLI = join(projectRoot(), 'dist/services/cli/main.js');
/** A reconciliation looks twice, and takes a minute on a busy machine. */
const ENDS_MS = 240_000;
const WAIT = { timeoutMs: 60_000 };
const IN_A_DAY = () => new Date(Date.now() + 86_400_000);
const REPORT = { rows: [{ city: 'Oslo', sold: 12 }] };
/** What stands for an id in the examples. */
const EXAMPLE_ID = /0193a5e0-7c1f-7000-8000-5b3d1c9a2f44|1f2e3d4c5b6a7980/g;
/** Runbooks that take a second or two; `npm run test:runbooks` tries them all. */
const SHORT_RUNBOOKS = [
  ...['JoblineStageStandsStill', 'JoblineBoundNearlyUsed', 'Edit and replay', 'Groups of dead letters'],
  ...['Limits', 'Lanes', 'Windows', 'Re-run rules', 'Retention'],
];

/** What has to be there before the examples of a command can do what they say. */
interface Stage {
  readonly id?: string;
  readonly env?: Readonly<Record<string, string>>;
}

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

describe('The command line against the real system, with API keys', function () {
  this.timeout(300_000);
  let system: TestSystem;
  let client: JoblineClient;
  let folder: string;
  let env: Record<string, string>;
  let done: string;

  function sh(line: string, more: Readonly<Record<string, string>> = {}): Promise<Ran> {
    return new Promise((resolve) => {
      const options = { cwd: folder, env: { ...env, ...more }, timeout: ENDS_MS };
      const codeOf = (error: ExecFileException | null) => (error ? Number(error.code ?? Number.NaN) : 0);
      execFile('/bin/sh', ['-c', line], options, (error, out, err) => resolve({ code: codeOf(error), out, err }));
    });
  }

  /** Runs a line that has to go well. @returns its JSON. */
  async function ask<T>(line: string): Promise<T> {
    const { code, out, err } = await sh(`${line} --json`);
    expect([line, code, err]).to.deep.equal([line, 0, '']);
    return JSON.parse(out) as T;
  }

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'jobline-cli-'));
    system = await TestSystem.start({ env: { ...SECURED, HTTP_ENDPOINTS: ENDPOINTS } });
    const { api, admin, rabbitmqUrl, managementUrl, mongodbUrl } = system.system;
    writeFileSync(join(folder, 'jobline'), `#!/bin/sh\nexec "${process.execPath}" "${CLI}" "$@"\n`, { mode: 0o755 });
    writeFileSync(join(folder, 'prices.csv'), 'city,price\nWien,10\nGraz,7.5\n');
    const lines = [1, 2].map((sold) => JSON.stringify({ type: 'report', input: { rows: [{ city: 'Oslo', sold }] } }));
    writeFileSync(join(folder, 'jobs.ndjson'), `${lines.join('\n')}\n`);
    writeFileSync(
      join(folder, 'schedule.json'),
      JSON.stringify({ name: 'x', interval_seconds: 86_400, job: { type: 'report', input: REPORT } }),
    );
    env = {
      ...{ PATH: `${folder}:${process.env['PATH'] ?? ''}`, JOBLINE_URL: api, JOBLINE_ADMIN_URL: admin, JOBLINE_API_KEY: KEY },
      ...{ RABBITMQ_URL: rabbitmqUrl, RABBITMQ_MANAGEMENT_URL: managementUrl ?? '', MONGODB_URL: mongodbUrl },
    };
    client = new JoblineClient({ baseUrl: api, headers: { authorization: `Bearer ${KEY}` } });
    done = (await client.submit('report', REPORT, { options: { formats: ['html'] } })).job_id;
    await client.wait(done, WAIT);
  });

  after(async () => {
    await system?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('the runbooks that are short: each command does what it says, and nothing is left behind', async () => {
    const at = troubledSystem(system, KEY);
    const sections = RUNBOOK_PAGES.flatMap(readRunbooks).filter(({ heading }) => SHORT_RUNBOOKS.includes(heading));
    expect(sections).to.have.length(SHORT_RUNBOOKS.length);
    const desk = new RunbookDesk(at, KEY);
    try {
      for (const section of sections) await desk.follow(section);
      expect(await leftOf(at)).to.deep.equal([]);
    } finally {
      desk.close();
    }
  });

  async function waiting(): Promise<Stage> {
    return { id: (await client.submit('noop', {}, { run_at: IN_A_DAY() })).job_id };
  }

  /** A job that has failed for good, and would not fail again. */
  async function dead(): Promise<Stage> {
    const { job_id: id } = await client.submit('poison-inline', { poison: { stage: 'p1', how: 'throw', runs: 1 } }, { max_attempts: 1 });
    await client.wait(id, WAIT);
    return { id };
  }

  async function ended(): Promise<Stage> {
    const { job_id: id } = await client.submit('noop', {});
    await client.wait(id, WAIT);
    return { id };
  }

  async function schedule(): Promise<Stage> {
    return { id: (await client.schedules.create({ name: 'x', interval_seconds: 86_400, job: { type: 'noop', input: {} } })).schedule_id };
  }

  async function plan(): Promise<Stage> {
    await dead();
    const { replay_id: id, digest } = await ask<{ replay_id: string; digest: string }>('jobline dlq plan --stage p1');
    return { id, env: { DIGEST: digest } };
  }

  async function key(): Promise<Stage> {
    const { out } = await sh('jobline keys create --name x --scopes read --json');
    return { id: (JSON.parse(out) as { key_id: string }).key_id };
  }

  async function worker(): Promise<Stage> {
    const { workers } = await ask<{ workers: { worker_id: string }[] }>('jobline workers list');
    return { env: { WORKER: workers[0]!.worker_id } };
  }

  /** What operators have set already. @returns its id, where it has one. */
  function control(method: string, path: string, body: object): () => Promise<Stage> {
    return async () => {
      const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' };
      const answer = await fetch(`${system.system.admin}/admin/v1/${path}`, { method, headers, body: JSON.stringify(body) });
      expect(answer.ok, `${path} ${answer.status}`).to.equal(true);
      const { rule_id: id } = (await answer.json()) as { rule_id?: string };
      return id === undefined ? {} : { id };
    };
  }

  const commandsOf = (group: string, names: readonly string[], setting: () => Promise<Stage>) =>
    Object.fromEntries(names.map((name) => [`${group} ${name}`, setting]));

  const NIGHT = { effect: 'off_peak', from: '22:00', until: '06:00', reason: 'x' };
  const NIGHTLY = { name: 'x', query: 'state:failed', action: { kind: 'replay' }, cron: '0 3 * * *' };
  const CONTROLS = {
    ...commandsOf('windows', ['show', 'skip', 'forecast', 'delete'], control('PUT', 'windows/night', NIGHT)),
    ...commandsOf('limits', ['show', 'delete'], control('PUT', 'limits', { tenant: 'acme', concurrency: 1, reason: 'x' })),
    ...commandsOf('rules', ['show', 'enable', 'disable', 'preview', 'run', 'runs', 'delete'], control('POST', 'batch-rules', NIGHTLY)),
    ...commandsOf(
      'retention',
      ['show', 'delete'],
      control('POST', 'retention/rules', { type: 'report', outcome: 'completed', job_days: 90 }),
    ),
  };

  async function pauses(): Promise<Stage> {
    await ask('jobline pause --stage p1 --reason x');
    await ask('jobline pause --stage p2 --type report --reason x');
    return {};
  }

  const SETTING: Readonly<Record<string, () => Promise<Stage>>> = {
    ...Object.fromEntries(
      ['watch', 'status', 'logs', 'explain', 'deliveries', 'download'].map((name) => [name, async () => ({ id: done })]),
    ),
    ...{ cancel: waiting, retry: dead, delete: ended, 'dlq show': dead, 'dlq replay': dead },
    ...Object.fromEntries(
      ['show', 'preview', 'pause', 'resume', 'run', 'backfill', 'ticks', 'delete'].map((name) => [`schedules ${name}`, schedule]),
    ),
    ...Object.fromEntries(['apply', 'abort', 'replays', 'items'].map((name) => [`dlq ${name}`, plan])),
    ...CONTROLS,
    ...{ 'keys rotate': key, 'keys revoke': key, 'workers drain': worker, 'workers resume': worker, resume: pauses },
  };

  for (const { name, help } of COMMAND_SET.commands) {
    it(`the examples of ${name}: do what they say`, async () => {
      const { id, env: more } = (await SETTING[name]?.()) ?? {};
      const examples = helpExamples(help);
      expect(examples).not.to.deep.equal([]);
      for (const example of examples) {
        const line = example.replaceAll(EXAMPLE_ID, (shown) => id ?? shown);
        const { code, out, err } = await sh(line, more);
        expect([line, code, err.includes('jobline: ')], `${out}${err}`).to.deep.equal([line, 0, false]);
        expect(out, line).to.match(/\S/).and.not.to.contain('\u001b');
      }
      if (name === 'pause') await ask('jobline resume --stage p1');
      if (name === 'workers drain') await sh('jobline workers resume "$WORKER"', more);
    });
  }

  it('submit --upload, then download: the report of that file, byte for byte', async () => {
    const submitted = await sh(`jobline submit report --upload prices.csv --options '{"formats": ["html"]}' --watch`);
    const [id = '', ...steps] = submitted.out.trimEnd().split('\n');
    expect([submitted.code, steps.at(-1)]).to.deep.equal([0, 'COMPLETED         100 %']);
    const { code, out } = await sh(`jobline download ${id} --to made --json`);
    expect(code).to.equal(0);
    const files = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { name: string; sha256: string; path: string });
    expect(files.map(({ name }) => name)).to.deep.equal(['report.html']);
    for (const { path, sha256 } of files)
      expect(
        createHash('sha256')
          .update(readFileSync(join(folder, path)))
          .digest('hex'),
      ).to.equal(sha256);
    expect(readFileSync(join(folder, 'made/report.html'), 'utf8')).to.contain('Wien');
    expect(await sh(`jobline download ${id} nothing.txt`)).to.deep.include({ code: 2 });
  });

  interface Report {
    readonly ok: boolean;
    readonly checks: readonly { readonly check: string; readonly status: string; readonly message: string }[];
  }

  async function doctor(more: Readonly<Record<string, string>>) {
    const { code, out } = await sh('jobline doctor --json', more);
    const { checks } = JSON.parse(out) as Report;
    return { code, checks, of: (check: string) => checks.find((one) => one.check === check) ?? { status: 'not there', message: '' } };
  }

  it('doctor of what is well: looks at all of it and finds nothing failed', async () => {
    const { checks, of } = await doctor({});
    expect(checks.filter(({ status }) => status === 'failed')).to.deep.equal([]);
    for (const check of ['Node.js', 'gateway', 'gateway release', 'gateway clock', 'control plane', 'workers', 'settings'])
      expect(of(check), check).to.include({ status: 'ok' });
    for (const check of ['version', 'replica set', 'permissions', 'schema', 'clock'])
      expect(of(`MongoDB ${check}`), check).to.include({ status: 'ok' });
    for (const check of ['version', 'topology', 'management', 'queue types'])
      expect(of(`RabbitMQ ${check}`), check).to.include({ status: 'ok' });
  });

  it('doctor of servers that are away, of an empty database, of settings that are wrong: says which and what to do', async () => {
    const empty = new URL(env['MONGODB_URL']!);
    empty.pathname = '/jobline_of_nobody';
    const [away, other, wrong] = await Promise.all([
      doctor({ MONGODB_URL: 'mongodb://127.0.0.1:1/x', RABBITMQ_URL: 'amqp://127.0.0.1:1', RABBITMQ_MANAGEMENT_URL: '' }),
      doctor({ MONGODB_URL: empty.href, TOPOLOGY: 'single' }),
      doctor({ LEASE_MS: 'long' }),
    ]);
    expect([away.code, away.of('settings').status]).to.deep.equal([1, 'ok']);
    expect(away.of('MongoDB').message).to.contain('127.0.0.1:1 cannot be used').and.to.contain('MONGODB_URL');
    expect(away.of('RabbitMQ').message).to.contain('cannot be reached').and.to.contain('RABBITMQ_URL');
    expect(away.of('RabbitMQ management').status).to.equal('warning');
    expect(other.of('MongoDB schema').status).to.equal('failed');
    expect(other.of('RabbitMQ topology').message).to.contain('topology apply');
    expect(wrong.of('settings')).to.include({ status: 'failed' });
    expect(wrong.of('settings').message).to.match(/^LEASE_MS is "long"; it must be /);
    expect(wrong.of('MongoDB version').status).to.equal('not there');
  });

  it('topology: shows all queues as JSON; check says what is missing with 1, and that RabbitMQ is away with 69', async () => {
    const { mode, queues } = await ask<{ mode: string; queues: string[] }>('jobline topology show');
    expect([mode, queues.includes('jobline.p1.express')]).to.deep.equal(['per-stage', true]);
    const missing = await sh('jobline topology check', { TOPOLOGY: 'single' });
    expect([missing.code, missing.out]).to.deep.equal([1, '']);
    expect(missing.err).to.contain('queue jobline.single.express');
    const away = await sh('jobline topology check', { RABBITMQ_URL: 'amqp://127.0.0.1:1' });
    expect([away.code, away.err.includes('RabbitMQ at 127.0.0.1:1 cannot be reached')]).to.deep.equal([69, true]);
    const wrong = await sh('jobline topology check', { TOPOLOGY: 'both' });
    expect([wrong.code, wrong.err.includes('TOPOLOGY is "both"; it must be one of per-stage, single.')]).to.deep.equal([2, true]);
  });

  it('a key that may not, or none: ends with 77', async () => {
    const { out } = await sh('jobline keys create --name reader --scopes read');
    const reader = { JOBLINE_API_KEY: out.trim() };
    expect((await sh('jobline list', reader)).code).to.equal(0);
    expect((await sh(`jobline submit noop '{}'`, reader)).code).to.equal(77);
    expect((await sh('jobline pauses', reader)).code).to.equal(77);
    expect((await sh('jobline list', { JOBLINE_API_KEY: '' })).code).to.equal(77);
  });
});
