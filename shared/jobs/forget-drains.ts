import { WORKER_FORGOTTEN_S } from '../domain/control/worker-report.ts';
import type { Controls } from '../ports/controls.ts';
import type { WorkerReports } from '../ports/worker-reports.ts';

export interface ForgetDrainsDeps {
  readonly controls: Pick<Controls, 'read' | 'endDrain'>;
  readonly workers: Pick<WorkerReports, 'list'>;
}

/** Removes drains of workers that are gone: a restarted one has another id. @returns drains removed. */
export async function forgetDrains({ controls, workers }: ForgetDrainsDeps): Promise<number> {
  const { now, drains } = await controls.read();
  const old = drains.filter(({ createdAt }) => now.getTime() - createdAt.getTime() > WORKER_FORGOTTEN_S * 1_000);
  if (old.length === 0) return 0;
  const known = new Set((await workers.list()).map(({ id }) => id));
  const gone = old.filter(({ workerId }) => !known.has(workerId));
  for (const { workerId } of gone) await controls.endDrain(workerId);
  return gone.length;
}
