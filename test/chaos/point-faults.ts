import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../support/eventually.ts';
import type { RabbitProxy } from '../support/rabbit-proxy.ts';
import { type ChaosWorld, LEASE_MS } from './chaos-world.ts';
import type { Fault } from './failpoint-cases.ts';
import type { Caught } from './failpoint-control.ts';

const CUT_MS = 1_000;
const BEYOND_LEASE_MS = 500;

/** What was done, as seen from outside: the proof of a case. */
export interface Done {
  readonly proof: string;
}

/** State letter of a process: T is stopped. */
function stateOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
}

async function killed(world: ChaosWorld, { hit: { pid } }: Caught): Promise<Done> {
  const { system } = world.system;
  const target = system.processes.find((one) => one.pid === pid);
  if (!target) throw new Error(`Process ${pid} ended before it was killed`);
  const pids = await system.kill(target.name);
  if (!pids.includes(pid)) throw new Error(`${pids.join(', ')} was killed, not ${pid}`);
  const next = await system.spawnService(target.service);
  return { proof: `${target.name} ${pid} killed, now ${next.pid}` };
}

async function frozen(world: ChaosWorld, { hit: { pid }, release }: Caught): Promise<Done> {
  process.kill(pid, 'SIGSTOP');
  try {
    await eventually(`process ${pid} to stand still`, () => stateOf(pid) === 'T');
    // The answer waits in its socket: it goes on exactly here.
    release();
    const isRescued = async () => (await world.jobs.countDocuments({ state: 'RUNNING', owner: { $regex: `:${pid}:` } })) === 0;
    await Promise.all([delay(LEASE_MS + BEYOND_LEASE_MS), eventually(`the leases of ${pid} to run out`, isRescued, 30_000)]);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  return { proof: `${pid} stood still` };
}

async function cut(proxy: RabbitProxy, what: string, { release }: Caught): Promise<Done> {
  const { connections } = proxy;
  if (connections === 0) throw new Error(`There was no connection to ${what} to cut`);
  proxy.refuse(true);
  proxy.cut();
  try {
    await eventually(`the connections to ${what} to end`, () => proxy.connections === 0);
    // It goes on while the server is away.
    release();
    await delay(CUT_MS);
  } finally {
    proxy.refuse(false);
  }
  return { proof: `${connections} connections to ${what} cut` };
}

/** Does the fault to the process that stands at the failpoint, and heals it. @throws Error when it could not be done. */
export async function faultAt(world: ChaosWorld, fault: Fault, caught: Caught): Promise<Done> {
  try {
    switch (fault) {
      case 'SIGKILL':
        return await killed(world, caught);
      case 'SIGSTOP':
        return await frozen(world, caught);
      case 'AMQP cut':
        return await cut(world.amqp, 'RabbitMQ', caught);
      case 'Mongo cut':
        return await cut(world.mongo, 'MongoDB', caught);
    }
  } finally {
    caught.release();
  }
}
