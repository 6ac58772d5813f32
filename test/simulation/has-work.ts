import type { JobRecord } from '../../shared/domain/job.ts';
import { deadLetterQueue } from '../../shared/rabbit/topology.ts';
import { PIPELINES } from './sim-types.ts';
import type { SimWorld } from './sim-world.ts';

/** Whether a tick of the task could find anything to do now. */
export function hasWork({ database, timeline, broker }: SimWorld, task: string): boolean {
  const nowMs = timeline.nowMs;
  const isDue = (at: Date | undefined): boolean => at !== undefined && at.getTime() <= nowMs;
  const some = (matches: (record: JobRecord) => boolean): boolean => database.jobs.records.some(matches);
  switch (task) {
    case 'relay':
      return some(({ pub }) => isDue(pub?.due));
    case 'relay-events':
      return some(({ evt }) => isDue(evt?.due)) || database.jobs.notes.local.some(({ due }) => isDue(due));
    case 'rescue-stalled':
      return some(({ state, lease }) => state === 'RUNNING' && isDue(lease?.until));
    case 'expire-overdue':
      return some(({ active, deadlineAt }) => active === true && isDue(deadlineAt));
    case 'audit-lost-bells':
      return some(({ state, pub }) => state === 'QUEUED' && pub?.due === undefined);
    case 'tend-dead-letters':
      return (
        some(({ state }) => state === 'FAILED') || PIPELINES.stageNames().some((name) => broker.ready(deadLetterQueue(name)).length > 0)
      );
    default:
      return true;
  }
}
