import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../../support/eventually.ts';
import { LEASE_MS, type TierBWorld } from '../tier-b-world.ts';
import type { Fault } from './fault.ts';

const WORKERS = ['p1-worker', 'p1-worker-clock', 'p2-worker', 'p3-worker'];
const SCHEDULERS = ['scheduler', 'scheduler-clock'];
const GATEWAY = ['gateway'];
const BEYOND_LEASE_MS = 1_000;
const TARGET_MS = 60_000;

/** State letter of a process: T is stopped. */
function stateOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.charAt(stat.lastIndexOf(')') + 2);
}

/** One that runs; waits for one to be started when all are down. */
async function target({ minder }: TierBWorld, services: readonly string[], pick: <T>(from: readonly T[]) => T) {
  await eventually(`a process of ${services.join(', ')}`, () => minder.running(services).length > 0, TARGET_MS);
  return pick(minder.running(services));
}

/** kill -9; the process is started again at once. */
function killing(name: string, services: readonly string[], count: number): Fault {
  return {
    name: `kill -9 of a ${name}`,
    lane: 'kill',
    count,
    run: async (world, random) => {
      const one = await target(world, services, (from) => random.pick(from));
      const pids = await world.system.system.kill(one.name);
      return `${one.name} ${pids.join(', ')}`;
    },
  };
}

/** Sends SIGSTOP. @returns false when there is no such process any more. */
function stopped(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGSTOP');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

/** SIGSTOP for longer than the lease, then SIGCONT: a zombie that believes in its claims. */
function freezing(name: string, services: readonly string[], count: number): Fault {
  return {
    name: `SIGSTOP of a ${name} beyond the lease`,
    lane: 'freeze',
    count,
    run: async (world, random) => {
      const { name: process_, pid } = await target(world, services, (from) => random.pick(from));
      const standstill = { pid, fromMs: Date.now() };
      world.minder.standstills.push(standstill);
      if (!stopped(pid)) {
        // Killed by somebody else a moment ago: another one.
        Object.assign(standstill, { toMs: Date.now() });
        return freezing(name, services, count).run(world, random);
      }
      try {
        await eventually(`${process_} to stand still`, () => stateOf(pid) === 'T');
        await delay(LEASE_MS + BEYOND_LEASE_MS);
      } finally {
        process.kill(pid, 'SIGCONT');
        Object.assign(standstill, { toMs: Date.now() });
      }
      return `${process_} ${pid}, ${Date.now() - standstill.fromMs} ms`;
    },
  };
}

export const PROCESS_FAULTS: readonly Fault[] = [
  killing('worker', WORKERS, 62),
  killing('scheduler', SCHEDULERS, 14),
  killing('gateway', GATEWAY, 6),
  freezing('worker', WORKERS, 12),
  freezing('scheduler', SCHEDULERS, 2),
  freezing('gateway', GATEWAY, 1),
];
