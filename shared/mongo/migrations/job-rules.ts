import { JOB_STATES, LANES } from '../../domain/job.ts';

const text = { $type: 'string' };
const count = (min = 0) => ({ $type: 'number', $gte: min });

/**
 * What the server refuses to store as a job, whoever writes it: what the protocol's conditions rest on. As query operators and
 * no more than these: each write of each job pays for it (docs/performance.md).
 */
export const JOB_RULES = {
  _id: text,
  tenant: text,
  type: text,
  lane: { $in: [...LANES] },
  state: { $in: JOB_STATES },
  stage: { $type: 'number', $gte: 0, $lte: 15 },
  run: count(),
  gen: count(1),
  epoch: count(),
  attempt: count(),
  crashes: count(),
  results: { $type: 'array' },
  log: { $type: 'array' },
  createdAt: { $type: 'date' },
};
