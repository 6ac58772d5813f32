import { z } from 'zod';
import { fsckRequest } from '../job-request.ts';
import { type ApiPart, BODY_PROBLEMS, countsByState, dateTime, links, mostOf } from './api-part.ts';

const finding = z.strictObject({
  category: z.string(),
  rule: z.string().describe('docs/runbook-fsck.md has every rule.'),
  level: z.enum(['error', 'warning']),
  job_id: z.string().optional(),
  queue: z.string().optional(),
  detail: z.string(),
  repaired: z.string().optional(),
});

const report = z.strictObject({
  summary: z.string(),
  clean: z.boolean(),
  jobs: z.int().min(0),
  by_state: countsByState,
  dead_letters: z.int().min(0),
  counts: z.record(z.string(), z.int().min(0)),
  outputs_to_sweep: z.int().min(0),
  errors: z.int().min(0),
  repaired: z.int().min(0),
  unchecked: z.array(z.string()),
  notes: z.array(z.string()),
  findings: z.array(finding).optional().describe('Of one run; at most 1,000.'),
  findings_cut: z.boolean().optional(),
});

const run = z
  .strictObject({
    run_id: z.string(),
    state: z.enum(['requested', 'running', 'done', 'failed']),
    requested_by: z.enum(['operator', 'schedule']),
    repair: z.boolean(),
    requested_at: dateTime,
    started_at: dateTime.optional(),
    ended_at: dateTime.optional(),
    tries: z.int().min(0),
    progress: z.strictObject({ phase: z.string(), jobs: z.int().min(0) }).optional(),
    error: z.string().optional(),
    report: report.optional(),
    links,
  })
  .meta({ id: 'FsckRun' });

const runList = z.strictObject({ runs: z.array(run) }).meta({ id: 'FsckRunList' });

/** Reconciliation of jobs, queues, dead letters and outputs. */
export const FSCK: ApiPart = {
  requests: { FsckRequest: fsckRequest },
  responses: { FsckRun: run, FsckRunList: runList },
  operations: [
    {
      method: 'post',
      path: '/admin/v1/fsck',
      summary: 'Ask for a reconciliation; a scheduler carries it out',
      body: { schema: fsckRequest, isOptional: true },
      success: { status: 202, description: 'The run', schema: run },
      problems: [...BODY_PROBLEMS, 409],
    },
    {
      method: 'get',
      path: '/admin/v1/fsck',
      summary: 'Runs, newest first',
      query: mostOf(50, 20),
      success: { status: 200, description: 'Without findings', schema: runList },
      problems: [400],
    },
    {
      method: 'get',
      path: '/admin/v1/fsck/{run_id}',
      summary: 'A run with its progress, or its result',
      success: { status: 200, description: 'The run', schema: run },
    },
  ],
};
