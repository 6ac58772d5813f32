import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { extname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect } from 'chai';

type Line = Record<string, unknown> & { msg: string };

/** A fixture process and the log lines that it has written. */
class Fixture {
  readonly child: ChildProcess;
  readonly lines: Line[] = [];
  readonly #exited: Promise<unknown[]>;

  constructor(mishap: string) {
    const extension = extname(import.meta.filename);
    const script = join(import.meta.dirname, 'fixtures', `two-parts${extension}`);
    this.child = spawn(process.execPath, [...(extension === '.ts' ? ['--import', 'tsx'] : []), script, mishap], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#exited = once(this.child, 'exit');
    createInterface({ input: this.child.stdout! }).on('line', (line) => {
      this.lines.push(JSON.parse(line) as Line);
      this.child.emit('line');
    });
  }

  async seen(message: string): Promise<Line> {
    for (;;) {
      const found = this.lines.find((line) => line.msg === message);
      if (found) return found;
      await once(this.child, 'line', { signal: AbortSignal.timeout(10_000) });
    }
  }

  async exitCode(): Promise<unknown> {
    const [code] = await this.#exited;
    return code;
  }

  partsOf(message: string): unknown[] {
    return this.lines.filter((line) => line.msg === message).map((line) => line.part);
  }
}

describe('runProcess', function () {
  this.timeout(30_000);
  const fixtures: Fixture[] = [];
  const run = (mishap = 'none') => {
    const fixture = new Fixture(mishap);
    fixtures.push(fixture);
    return fixture;
  };

  afterEach(() => {
    for (const { child } of fixtures.splice(0)) if (child.exitCode === null) child.kill('SIGKILL');
  });

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`at ${signal}: stops the parts in reverse, not ready meanwhile, exits 0`, async () => {
      const fixture = run();
      await fixture.seen('fixture is up');
      fixture.child.kill(signal);
      expect(await fixture.exitCode()).to.equal(0);
      expect(fixture.partsOf('part started')).to.deep.equal(['first', 'second']);
      expect(fixture.partsOf('part stopped')).to.deep.equal(['second', 'first']);
      expect(fixture.lines.filter((line) => line.msg === 'part stopped').map((line) => line.ready)).to.deep.equal(['stopping', 'stopping']);
    });
  }

  it('second signal while a part hangs in stop: exits 1 at once', async () => {
    const fixture = run('stop-hangs');
    await fixture.seen('fixture is up');
    fixture.child.kill('SIGTERM');
    await fixture.seen('stopping');
    fixture.child.kill('SIGTERM');
    expect(await fixture.exitCode()).to.equal(1);
  });

  it('a part that fails to start: names it, stops what was started, exits 1', async () => {
    const fixture = run('start');
    expect(await fixture.exitCode()).to.equal(1);
    expect(JSON.stringify(await fixture.seen('start failed'))).to.contain('second did not start: no luck today');
    expect(fixture.partsOf('part stopped')).to.deep.equal(['second', 'first']);
  });

  it('an exception that nobody caught: logged with its stack, parts stopped, exits 1', async () => {
    const fixture = run('throw');
    expect(await fixture.exitCode()).to.equal(1);
    const { err } = (await fixture.seen('an exception was not caught')) as { err?: { message?: string; stack?: string } } & Line;
    expect(err?.message).to.equal('thrown on purpose');
    expect(err?.stack).to.contain('two-parts');
    expect(fixture.partsOf('part stopped')).to.deep.equal(['second', 'first']);
  });

  it('a rejection that nobody handled: logged, parts stopped, exits 1', async () => {
    const fixture = run('reject');
    expect(await fixture.exitCode()).to.equal(1);
    await fixture.seen('a rejection was not handled');
    expect(fixture.partsOf('part stopped')).to.deep.equal(['second', 'first']);
  });

  it('health endpoints: live and ready while up, gone after the end', async () => {
    const fixture = run();
    const { port } = await fixture.seen('health endpoints are up');
    await fixture.seen('fixture is up');
    const answers = await Promise.all(['livez', 'readyz', 'startupz', 'nothing'].map((path) => fetch(`http://127.0.0.1:${port}/${path}`)));
    expect(answers.map((answer) => answer.status)).to.deep.equal([200, 200, 200, 404]);
    fixture.child.kill('SIGTERM');
    await fixture.exitCode();
    const refused = await fetch(`http://127.0.0.1:${port}/livez`).catch((error: unknown) => error);
    expect(refused).to.be.instanceOf(TypeError);
  });
});
