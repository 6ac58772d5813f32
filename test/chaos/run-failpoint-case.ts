import { eventually } from '../support/eventually.ts';
import type { ChaosWorld } from './chaos-world.ts';
import type { ClientLog } from './client-log.ts';
import type { FailpointCase } from './failpoint-cases.ts';
import type { Hit, Trap } from './failpoint-control.ts';
import { faultAt } from './point-faults.ts';

const JOBS = 20;
const CATCH_MS = 180_000;
const SCHEDULED_MS = 1_000;
const CALM_MS = 180_000;

/** What a case did; its jobs are judged when the system has drained. */
export interface CaseRun {
  readonly ids: readonly string[];
  /** What was done to which process. */
  readonly proof: string;
  readonly tookMs: number;
}

/**
 * Submits the jobs of a case, catches a process with one of them at the failpoint, and does the fault. Resolves when it is
 * healed and all jobs are accepted. @throws Error when the point is not reached or the fault cannot be done.
 */
export async function runFailpointCase(world: ChaosWorld, client: ClientLog, one: FailpointCase): Promise<Omit<CaseRun, 'tookMs'>> {
  const { failpoint, fault } = one;
  const isWorkerLost = failpoint.role === 'worker' && (fault === 'SIGKILL' || fault === 'SIGSTOP');
  if (isWorkerLost || failpoint.way === 'orphaned') await untilNoSuspects(world);
  // Each goes on to its end, whatever becomes of the others: nothing must be started after the case.
  const [orphaned, done, submitted] = await Promise.allSettled([
    failpoint.way === 'orphaned' ? killAWorker(world, one) : undefined,
    world.control.catch(trapOf(world, one), CATCH_MS).then((caught) => faultAt(world, fault, caught)),
    submit(world, client, one),
  ]);
  if (orphaned.status === 'rejected') throw orphaned.reason;
  if (done.status === 'rejected') throw done.reason;
  if (submitted.status === 'rejected') throw submitted.reason;
  return { ids: submitted.value, proof: done.value.proof };
}

function submit(world: ChaosWorld, client: ClientLog, { name, failpoint, type }: FailpointCase): Promise<string[]> {
  const control = failpoint.point === 'in handler' ? { control: world.control.url } : {};
  const input = { case: name, sink: world.sink.url, ...control };
  const runAt = failpoint.way === 'scheduled' ? { run_at: new Date(Date.now() + SCHEDULED_MS).toISOString() } : {};
  const callback = failpoint.way === 'called back' ? { callback: { url: 'https://callback.example.com/' } } : {};
  const key = name.replaceAll(' ', '-');
  return Promise.all(Array.from({ length: JOBS }, (_, index) => client.submit(`${key}-${index}`, { type, input, ...runAt, ...callback })));
}

function trapOf(world: ChaosWorld, { name, failpoint: { point, role } }: FailpointCase): Trap {
  // Before the insert there is no job yet; who submits is this case alone.
  const isOurs = async ({ jobs }: Hit) => point === 'before insert' || (await world.hasJobOf(name, jobs));
  return { name: point, matches: async (hit) => world.pidsOf(role).includes(hit.pid) && (await isOurs(hit)) };
}

/** A job that has lost its worker three times is given up, as it should be: those that have lost one get time to end. */
async function untilNoSuspects(world: ChaosWorld): Promise<void> {
  const suspects = () => world.jobs.countDocuments({ active: { $exists: true }, crashes: { $gt: 0 } } as object);
  await eventually('jobs that lost their worker to end', async () => (await suspects()) === 0, CALM_MS);
}

async function killAWorker(world: ChaosWorld, { name }: FailpointCase): Promise<void> {
  const matches = async ({ pid, jobs }: Hit) => world.pidsOf('worker').includes(pid) && (await world.hasJobOf(name, jobs));
  await faultAt(world, 'SIGKILL', await world.control.catch({ name: 'claim|handler', matches }, CATCH_MS));
}
