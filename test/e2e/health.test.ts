import { expect } from 'chai';
import type { LocalMongodb, LocalRabbitmq } from '../../deploy/local/servers.d.mts';
import { applyAgain } from '../support/apply-again.ts';
import { eventually } from '../support/eventually.ts';
import { TestSystem } from '../support/test-system.ts';

interface Health {
  /** 0: nobody answers. */
  readonly http: number;
  readonly status?: string;
  readonly checks?: Readonly<Record<string, { readonly status: string; readonly message?: string }>>;
}

describe('Health of the services', function () {
  this.timeout(90_000);
  let system: TestSystem;

  before(async () => {
    system = await TestSystem.start({ ownServers: true, restart: false });
  });

  after(() => system?.stop());

  async function ask(port: number, path: string): Promise<Health> {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined);
    return answer ? { http: answer.status, ...((await answer.json()) as object) } : { http: 0 };
  }

  const portOf = (service: string) => system.system.processes.find((one) => one.service === service)!.healthPort;
  const ready = (service: string) => ask(portOf(service), '/readyz');

  /** @returns what /readyz says once it answers with this HTTP status. */
  async function readyAs(service: string, http: number, status: string): Promise<Health> {
    let last: Health = { http: 0 };
    await eventually(
      `${service} to be ${status}`,
      async () => {
        last = await ready(service);
        return last.http === http && last.status === status;
      },
      30_000,
    ).catch((error: unknown) => {
      const said = system.logs.filter(({ name }) => name.startsWith(service)).slice(-10);
      throw new Error(
        `${(error as Error).message}; last seen: ${JSON.stringify(last)}; its log: ${said.map(({ line }) => line).join('\n')}`,
      );
    });
    return last;
  }

  async function expectAllAlive(): Promise<void> {
    for (const { name, healthPort } of system.system.processes)
      expect(await ask(healthPort, '/livez'), name).to.deep.include({ http: 200, status: 'ok' });
  }

  it('a consumer gone though its connection lives: the worker is not ready, and is again once its queue is back', async () => {
    const rabbitmq = system.system.rabbitmq as LocalRabbitmq;
    expect((await ready('p1-worker')).http).to.equal(200);
    await rabbitmq.ctl(['delete_queue', 'jobline.p1.express']);
    const { checks } = await readyAs('p1-worker', 503, 'failed');
    expect(checks?.['consumers']).to.deep.include({ status: 'failed', message: 'no live consumer on the queues of p1' });
    expect(checks?.['mongodb']).to.include({ status: 'ok' });
    expect((await ready('p2-worker')).http).to.equal(200);
    await applyAgain(system);
    await readyAs('p1-worker', 200, 'ok');
    expect((await system.until(await system.submit('noop', {}, { lane: 'express' }), ['COMPLETED'])).progress).to.equal(100);
  });

  it('RabbitMQ away: the gateway is degraded but ready, workers are not, all are alive', async () => {
    const rabbitmq = system.system.rabbitmq as LocalRabbitmq;
    // In order: a queue made a moment before a kill -9 is broken for good afterwards (docs/decisions.md, broker facts).
    await rabbitmq.stop();
    try {
      const { checks } = await readyAs('gateway', 200, 'degraded');
      expect(checks?.['rabbitmq']).to.include({ status: 'failed' });
      await readyAs('p1-worker', 503, 'failed');
      await readyAs('p2-worker', 503, 'failed');
      expect((await system.request('GET', '/readyz')).status).to.equal(200);
      await expectAllAlive();
    } finally {
      await rabbitmq.restart();
    }
    for (const service of ['gateway', 'p1-worker', 'p2-worker']) await readyAs(service, 200, 'ok');
  });

  it('MongoDB away: no service is ready, all are alive, and all recover', async () => {
    const mongodb = system.system.mongodb as LocalMongodb;
    await mongodb.kill();
    try {
      const { checks } = await readyAs('gateway', 503, 'failed');
      expect(checks?.['mongodb']).to.include({ status: 'failed' });
      expect((await system.request('GET', '/readyz')).body).to.include({ code: 'not_ready', status: 503 });
      await readyAs('p1-worker', 503, 'failed');
      await readyAs('scheduler', 503, 'failed');
      expect((await system.request('GET', '/livez')).status).to.equal(200);
      await expectAllAlive();
    } finally {
      await mongodb.restart();
    }
    for (const service of ['gateway', 'p1-worker', 'p2-worker', 'scheduler']) await readyAs(service, 200, 'ok');
  });

  it('SIGTERM with a job at work: the worker is not ready while the job goes on to its end', async () => {
    const id = await system.submit('wait', { waitMs: { p1: 2_500 } });
    await eventually('the job to be at work', () => system.effects.of(id, 'p1', 'started').length === 1);
    const port = portOf('p1-worker');
    await system.system.kill('p1-worker', 'SIGTERM');
    await eventually('not ready', async () => (await ask(port, '/readyz')).status === 'stopping', 2_000);
    expect(await ask(port, '/readyz')).to.deep.equal({ http: 503, ok: false, status: 'stopping' });
    expect((await ask(port, '/livez')).http).to.equal(200);
    expect(system.effects.of(id, 'p1', 'ended')).to.deep.equal([]);
    await eventually('the worker to end', () => system.pidsOf('p1-worker').length === 0);
    expect(system.effects.of(id, 'p1', 'ended')).to.have.length(1);
    expect(await system.until(id, ['COMPLETED'])).to.include({ progress: 100 });
  });
});
