import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Outcome, StageTask } from '../../../../shared/ports/stage-handler.ts';
import type { HandlerRunner } from '../../../../shared/worker/isolation/handler-runner.ts';
import { ProcessRunner } from '../../../../shared/worker/isolation/process-runner.ts';
import { ThreadRunner } from '../../../../shared/worker/isolation/thread-runner.ts';
import type { TestInput } from '../../../support/handlers/effects.ts';
import { silentLogger } from '../../../support/silent-logger.ts';

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const handler = (name: string) => new URL(`../../../support/handlers/${name}.${extension}`, import.meta.url).href;

function taskOf(input: TestInput): StageTask {
  return {
    job: { id: 'job', tenant: 't', type: 'poison', stage: 'p1', attempt: 1, run: 0, createdAt: new Date() },
    input,
    options: {},
    effectKey: 'job:p1:0',
    files: [],
    scratchDir: '',
    outDir: '',
    memoryMb: 128,
  };
}

function run(runner: HandlerRunner, name: string, input: TestInput, signal = new AbortController().signal): Promise<Outcome> {
  return runner.run(handler(name), taskOf(input), signal, () => undefined);
}

const codeOf = (outcome: Outcome) => ('error' in outcome ? outcome.error.code : outcome.kind);

const runners: readonly (readonly [string, () => HandlerRunner])[] = [
  ['process', () => new ProcessRunner(128, silentLogger())],
  ['thread', () => new ThreadRunner(64, 4)],
];

for (const [name, make] of runners) {
  describe(`handlers in a ${name}`, function () {
    this.timeout(20_000);
    let runner: HandlerRunner;
    let folder: string;

    beforeEach(async () => {
      runner = make();
      folder = await mkdtemp(join(tmpdir(), 'jobline-test-isolation-'));
    });
    afterEach(async () => {
      await runner.stop();
      await rm(folder, { recursive: true });
    });

    it('answer with what the handler answers', async () => {
      expect(await run(runner, 'noop', {})).to.deep.equal({ kind: 'done' });
    });

    it('report progress', async () => {
      const seen: number[] = [];
      await runner.run(handler('wait'), taskOf({ waitMs: { p1: 100 } }), new AbortController().signal, (fraction) => seen.push(fraction));
      expect(seen).to.deep.equal([0.5]);
    });

    it('that throw count as a failed attempt with the author’s message', async () => {
      const outcome = await run(runner, 'poison', { poison: { stage: 'p1', how: 'throw' } });
      expect(codeOf(outcome)).to.equal('handler_error');
      expect('error' in outcome && outcome.error.message)
        .to.contain('poisoned')
        .and.not.contain('/');
    });

    it('that reject are rejected', async () => {
      expect(await run(runner, 'poison', { poison: { stage: 'p1', how: 'reject' } })).to.include({ kind: 'reject' });
    });

    it('that exit are a crash of the handler alone', async () => {
      const neighbour = run(runner, 'wait', { waitMs: { p1: 500 } });
      expect(codeOf(await run(runner, 'poison', { poison: { stage: 'p1', how: 'exit' } }))).to.equal('handler_crashed');
      expect((await neighbour).kind).to.equal('done');
    });

    it('that fill the heap are ended, their neighbour is not disturbed', async () => {
      const neighbour = run(runner, 'wait', { waitMs: { p1: 500 } });
      expect(codeOf(await run(runner, 'poison', { poison: { stage: 'p1', how: 'heap' } }))).to.equal('memory_limit_exceeded');
      expect((await neighbour).kind).to.equal('done');
    });

    it('that loop for ever are ended after a stop and its grace', async () => {
      const stop = new AbortController();
      const effects = join(folder, 'effects');
      const neighbour = run(runner, 'wait', { waitMs: { p1: 500 } });
      const looping = run(runner, 'poison', { effects, poison: { stage: 'p1', how: 'loop' } }, stop.signal);
      while (!existsSync(effects)) await new Promise((resolve) => setTimeout(resolve, 10));
      stop.abort('timeout');
      expect(codeOf(await looping)).to.equal('handler_stopped');
      expect((await neighbour).kind).to.equal('done');
      expect(readFileSync(effects, 'utf8')).to.contain('started').and.not.contain('ended');
    });

    it('that listen to their signal stop at once', async () => {
      const stop = new AbortController();
      const startedAtMs = performance.now();
      const waiting = run(runner, 'wait', { effects: join(folder, 'effects'), waitMs: { p1: 60_000 } }, stop.signal);
      while (!existsSync(join(folder, 'effects'))) await new Promise((resolve) => setTimeout(resolve, 10));
      stop.abort('shutdown');
      expect((await waiting).kind).to.equal('retry');
      expect(performance.now() - startedAtMs).to.be.lessThan(5_000);
    });

    it('that do not exist are an error of the handler', async () => {
      const outcome = await runner.run('file:///does/not/exist.js', taskOf({}), new AbortController().signal, () => undefined);
      expect(codeOf(outcome)).to.equal('handler_error');
    });
  });
}

describe('handlers in a process', function () {
  this.timeout(20_000);
  let runner: ProcessRunner;

  beforeEach(() => {
    runner = new ProcessRunner(128, silentLogger());
  });
  afterEach(() => runner.stop());

  it('that take memory outside the heap are ended too', async () => {
    expect(codeOf(await run(runner, 'poison', { poison: { stage: 'p1', how: 'buffers' } }))).to.equal('memory_limit_exceeded');
  });

  it('that are killed are a crash', async () => {
    expect(codeOf(await run(runner, 'poison', { poison: { stage: 'p1', how: 'kill-self' } }))).to.equal('handler_crashed');
  });

  it('are reused for the next task, and not after a crash', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'jobline-test-isolation-'));
    const effects = join(folder, 'effects');
    await run(runner, 'noop', { effects });
    await run(runner, 'noop', { effects });
    await run(runner, 'poison', { effects, poison: { stage: 'p1', how: 'exit' } });
    await run(runner, 'noop', { effects });
    const pids = (await readFile(effects, 'utf8'))
      .split('\n')
      .filter((line) => line.startsWith('started'))
      .map((line) => line.split(' ')[3]);
    expect(pids[0]).to.equal(pids[1]).and.to.equal(pids[2]);
    expect(pids[3]).to.not.equal(pids[0]);
    await rm(folder, { recursive: true });
  });
});
