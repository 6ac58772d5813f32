import type { JobRecord } from '../../../../shared/domain/job.ts';

/** A queued job of stage 1, unless told otherwise. */
export function record(more: Partial<JobRecord> = {}): JobRecord {
  const at = new Date('2026-01-15T12:00:00Z');
  return {
    id: 'job',
    tenant: 't',
    reqHash: 'hash',
    type: 'job',
    pipelineVersion: 1,
    lane: 'standard',
    state: 'QUEUED',
    stage: 0,
    run: 0,
    gen: 3,
    epoch: 0,
    attempt: 0,
    crashes: 0,
    results: [],
    log: [],
    active: true,
    createdAt: at,
    schemaVersion: 1,
    ...more,
  };
}
