import type { Filter, Sort } from 'mongodb';
import { LANES } from '../domain/job.ts';
import type { SweepQuery } from '../ports/job-store.ts';
import type { JobDocument } from './job-document.ts';

/** Stages that a pipeline may have at most. */
const STAGE_POSITIONS = Array.from({ length: 16 }, (_, position) => position);

export interface Sweep {
  readonly filter: Filter<JobDocument>;
  readonly sort: Sort;
}

/** What a sweep reads, each answered by one partial index in its own order. @param now the server's clock. */
export function sweepOf(query: SweepQuery, now: Date): Sweep {
  switch (query.kind) {
    case 'due':
      return { filter: { 'pub.due': { $lte: new Date(now.getTime() - (query.lateMs ?? 0)) } }, sort: { 'pub.due': 1 } };
    case 'lease_expired':
      return { filter: { state: 'RUNNING', 'lease.until': { $lt: now } }, sort: { 'lease.until': 1 } };
    case 'deadline_passed':
      return { filter: { active: true, deadlineAt: { $lt: now } }, sort: { deadlineAt: 1 } };
    case 'lost_bell': {
      const { stage, lane, types, before } = query;
      return {
        filter: {
          state: 'QUEUED',
          stage: { $eq: stage },
          lane: { $eq: lane },
          type: { $in: [...types] },
          'pub.at': { $lt: before },
          'pub.due': { $exists: false },
        },
        sort: { 'pub.at': 1 },
      };
    }
    case 'failed': {
      const { from, to, maxRun } = query;
      return {
        filter: {
          state: 'FAILED',
          stage: { $in: STAGE_POSITIONS },
          lane: { $in: [...LANES] },
          doneAt: { $gte: from, $lt: to },
          run: { $lte: maxRun },
          'err.errorClass': { $ne: 'reject' },
          'removed.payload': { $exists: false },
        },
        sort: { doneAt: 1 },
      };
    }
  }
}
