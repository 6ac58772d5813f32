import { StoreUnavailableError } from '../../shared/domain/failures.ts';
import type { Transition } from '../../shared/domain/transition.ts';
import type { JobStore } from '../../shared/ports/job-store.ts';
import type { LeaseStore } from '../../shared/ports/lease-store.ts';
import type { OutputStore } from '../../shared/ports/output-store.ts';
import type { MemoryJobStore } from '../support/memory-job-store.ts';
import type { MemoryLeaseStore } from '../support/memory-lease-store.ts';
import type { MemoryOutputStore } from '../support/memory-output-store.ts';
import { behindNetwork } from './behind-network.ts';
import type { CallFault } from './plan.ts';
import type { SimProcess } from './sim-process.ts';

/** The database as all processes see it. */
export interface Database {
  readonly jobs: MemoryJobStore;
  readonly outputs: MemoryOutputStore;
  readonly leases: MemoryLeaseStore;
  isAway: boolean;
}

/** While writes do not replicate, a durable one is confirmed all the same with this probability (else its outcome is unknown). */
const REPLICATES_YET = 0.5;

/** The job store of one process, over the network of the simulation. @param isAudited the reports of queues matter. */
export function jobStoreOf(process: SimProcess, database: Database, isAudited: boolean): JobStore {
  const { jobs } = database;
  return behindNetwork<JobStore>(process, jobs, {
    port: 'store',
    local: isAudited ? ['estimateTime'] : ['estimateTime', 'reportQueues'],
    point: (method, args) => {
      const transition = args[1] as Transition | undefined;
      const isWrite = method === 'apply' || method === 'claim';
      return { what: isWrite ? transition!.name : method, detail: () => detailOf(method, args) };
    },
    run: (fault, apply, method, args) => {
      awayOrNot(database);
      const isDurable =
        method === 'insert' || method === 'insertNote' || (method === 'apply' && (args[1] as Transition).durability === 'majority');
      const isStuck = isDurable && jobs.isReplicationHeld && !process.draws.chance(REPLICATES_YET);
      if (fault.fail === 'before') jobs.failBefore(1);
      else if (fault.fail === 'after' || isStuck) jobs.failAfter(1);
      return apply();
    },
  });
}

export function outputStoreOf(process: SimProcess, database: Database): OutputStore {
  return behindNetwork<OutputStore>(process, database.outputs, { port: 'outputs', run: (fault, apply) => faulty(database, fault, apply) });
}

export function leaseStoreOf(process: SimProcess, database: Database): LeaseStore {
  return behindNetwork<LeaseStore>(process, database.leases, { port: 'leases', run: (fault, apply) => faulty(database, fault, apply) });
}

async function faulty(database: Database, { fail }: CallFault, apply: () => Promise<unknown>): Promise<unknown> {
  awayOrNot(database);
  if (fail === 'before') throw new StoreUnavailableError('failed on purpose, before it was applied');
  const answer = await apply();
  if (fail === 'after') throw new StoreUnavailableError('failed on purpose, after it was applied');
  return answer;
}

/** @throws StoreUnavailableError. */
function awayOrNot({ isAway }: Database): void {
  if (isAway) throw new StoreUnavailableError('The database is away');
}

function detailOf(method: string, args: readonly unknown[]): string {
  const ids = method === 'insert' ? (args[0] as { id: string }[]).map(({ id }) => id) : args[0];
  const names = Array.isArray(ids) ? ids.map((id) => String(id).slice(-12)).join(' ') : JSON.stringify(ids);
  const concern = typeof args[1] === 'string' ? ` ${args[1]}` : '';
  const transition = method === 'apply' || method === 'claim' ? ` when ${JSON.stringify((args[1] as Transition).when)}` : '';
  return `${names}${concern}${transition}`;
}
