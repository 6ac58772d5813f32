import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import type { System } from '../../deploy/local/system.d.mts';
import { projectRoot } from '../../shared/runtime/project-root.ts';
import { localSystem } from '../support/local-stack.ts';
import { isAlive } from './local-stack/killed-owner.ts';

/** Services run compiled, in tests from sources too. */
const ECHO = { name: 'echo', main: join(projectRoot(), 'dist/test/integration/local-stack/echo-service.js') };

async function waitUntil(condition: () => boolean, what: string, timeoutMs = 15_000): Promise<void> {
  for (const until = Date.now() + timeoutMs; !condition(); ) {
    if (Date.now() > until) throw new Error(`${what} was not seen within ${timeoutMs} ms`);
    await delay(50);
  }
}

const pidsOf = (system: System) => system.processes.map(({ pid }) => pid);
const stackOf = (system: System) => JSON.parse(readFileSync(join(system.folder, 'stack.json'), 'utf8')) as Record<string, unknown>;

describe('Local system', function () {
  this.timeout(120_000);
  let system: System;
  const said: string[] = [];
  const logged: { name: string; line: string }[] = [];

  before(async () => {
    const { startSystem } = await localSystem();
    system = await startSystem({
      services: [ECHO],
      scale: { echo: 2 },
      env: { WORD: 'heard', RABBITMQ_URL: '', MONGODB_URL: '' },
      log: (line) => said.push(line),
      onLog: (name, line) => logged.push({ name, line }),
    });
  });

  after(async () => {
    const pids = [...pidsOf(system), system.rabbitmq.pid, system.mongodb.pid] as number[];
    await system?.stop();
    expect(pids.filter(isAlive)).to.deep.equal([]);
    expect(existsSync(system.folder)).to.equal(false);
  });

  it('runs as many processes of a service as asked for, each told where the servers are', async () => {
    expect(system.processes.map(({ name }) => name)).to.deep.equal(['echo-1', 'echo-2']);
    await waitUntil(() => logged.filter(({ line }) => line.includes('"up"')).length >= 2, 'the log of both');
    const told = JSON.parse(logged.find(({ name }) => name === 'echo-2')!.line) as Record<string, string>;
    expect(told).to.include({ WORD: 'heard', RABBITMQ_URL: system.rabbitmqUrl, MONGODB_URL: system.mongodbUrl });
    expect(told['RABBITMQ_MANAGEMENT_URL']).to.equal(system.managementUrl);
  });

  it('says in stack.json what runs where', () => {
    const { api, admin, rabbitmqUrl, managementUrl, mongodbUrl } = system;
    const processes = system.processes.map(({ service, pid }) => ({ service, pid }));
    expect(stackOf(system)).to.deep.equal({ api, admin, rabbitmq: rabbitmqUrl, management: managementUrl, mongodb: mongodbUrl, processes });
  });

  it('starts a killed service again, and keeps stack.json current', async () => {
    const [killed] = await system.kill('echo-1');
    expect(isAlive(killed!)).to.equal(false);
    await waitUntil(() => said.some((line) => /echo-1 is ready again/.test(line)), 'the new process');
    const pids = pidsOf(system);
    expect(pids).to.have.length(2);
    expect(pids).to.not.include(killed);
    expect((stackOf(system)['processes'] as { pid: number }[]).map(({ pid }) => pid)).to.deep.equal(pids);
  });

  it('takes one more process of a service', async () => {
    const more = await system.spawnService('echo');
    expect(more.name).to.equal('echo-3');
    expect((await fetch(`http://127.0.0.1:${more.healthPort}/readyz`)).status).to.equal(200);
  });

  it("told not to start ended ones again, gives each that is started at once a name of its own, and an ended one's name again", async () => {
    const { startSystem } = await localSystem();
    const { rabbitmqUrl: RABBITMQ_URL, managementUrl: RABBITMQ_MANAGEMENT_URL, mongodbUrl: MONGODB_URL } = system;
    const env = { RABBITMQ_URL, RABBITMQ_MANAGEMENT_URL, MONGODB_URL };
    const other = await startSystem({ services: [ECHO], scale: { echo: 3 }, restart: false, env });
    try {
      expect(other.processes.map(({ name }) => name)).to.deep.equal(['echo-1', 'echo-2', 'echo-3']);
      await other.kill('echo-2');
      expect((await other.spawnService('echo')).name).to.equal('echo-2');
    } finally {
      await other.stop();
    }
  });

  it('refuses numbers of processes that make no sense, naming what is allowed', async () => {
    const { System: LocalSystem } = await localSystem();
    const make = (scale: Record<string, number>) => () => new LocalSystem({ services: [ECHO], scale });
    expect(make({ echo: 1.5 })).to.throw('whole number from 0 to 32');
    expect(make({ echo: 33 })).to.throw('whole number from 0 to 32');
    expect(make({ eco: 2 })).to.throw('no service "eco" to scale; there are echo');
    expect(make({ gateway: 2 })).to.throw('gateway cannot be scaled');
  });
});
