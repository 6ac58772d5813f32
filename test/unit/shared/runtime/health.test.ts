import { expect } from 'chai';
import { eventLoopCheck, Health } from '../../../../shared/runtime/health.ts';

const started = (...checks: ConstructorParameters<typeof Health>[0]) => {
  const health = new Health(checks);
  health.markStarted();
  return health;
};

describe('Health', () => {
  it('before the start: alive, not started, not ready', async () => {
    const health = new Health([]);
    expect(health.live().ok).to.equal(true);
    expect(health.startup()).to.deep.equal({ ok: false, status: 'starting' });
    expect(await health.ready()).to.deep.equal({ ok: false, status: 'starting' });
  });

  it('all checks hold: ready, each with its time', async () => {
    const report = await started({ name: 'a', run: () => undefined }, { name: 'b', run: async () => undefined }).ready();
    expect(report).to.include({ ok: true, status: 'ok' });
    expect(report.checks?.['b']).to.include({ status: 'ok', required: true });
  });

  it('a required check fails: not ready, and says why', async () => {
    const report = await started(
      { name: 'a', run: () => undefined },
      { name: 'consumers', run: () => 'the consumer of p1 is gone' },
    ).ready();
    expect(report).to.include({ ok: false, status: 'failed' });
    expect(report.checks?.['consumers']).to.include({ status: 'failed', message: 'the consumer of p1 is gone' });
  });

  it('only a check that is not required fails: ready and degraded', async () => {
    const report = await started({ name: 'rabbitmq', isRequired: false, run: () => 'away' }).ready();
    expect(report).to.include({ ok: true, status: 'degraded' });
  });

  it('a check that throws: failed, without the text of the error', async () => {
    const report = await started({ name: 'a', run: () => Promise.reject(new RangeError('mongodb://u:p@h')) }).ready();
    expect(report.checks?.['a']).to.include({ status: 'failed', message: 'RangeError' });
  });

  it('a check that does not answer: failed after its timeout', async () => {
    const report = await started({ name: 'a', timeoutMs: 10, run: () => new Promise(() => {}) }).ready();
    expect(report.checks?.['a']?.message).to.equal('no answer within 10 ms');
  });

  it('many requests at once: one run of the checks', async () => {
    let runs = 0;
    const health = started({
      name: 'a',
      async run() {
        runs += 1;
        return undefined;
      },
    });
    await Promise.all([health.ready(), health.ready(), health.ready()]);
    expect(runs).to.equal(1);
  });

  it('stopping: not ready, even when the stop came while the checks ran', async () => {
    const health = started({
      name: 'a',
      async run() {
        health.markStopping();
        return undefined;
      },
    });
    expect(await health.ready()).to.deep.equal({ ok: false, status: 'stopping' });
    health.markStarted();
    expect((await health.ready()).ok).to.equal(false);
    expect(health.startup().ok).to.equal(true);
  });
});

describe('eventLoopCheck', () => {
  it('an event loop that was blocked: fails once, then is well again', async () => {
    const check = eventLoopCheck(30);
    const turn = () => new Promise((resolve) => setTimeout(resolve, 60));
    await turn();
    await check.run();
    for (let round = 0; round < 3; round += 1) {
      const until = performance.now() + 200;
      while (performance.now() < until);
      await new Promise(setImmediate);
    }
    expect(await check.run()).to.match(/event loop is \d+ ms late \(limit 30 ms\)/);
    await turn();
    expect(await check.run()).to.equal(undefined);
  });
});
