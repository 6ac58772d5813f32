import { z } from 'zod';
import { ITEM_OUTCOMES, RUN_STATES } from '../../domain/batches/batch-run.ts';
import { type ApiPart, dateTime, links, mostOf, nextPage } from './api-part.ts';
import { specFields } from './batch-spec.ts';

/** A run of a batch rule, or of what ships. */
export const batchRun = z
  .strictObject({
    run_id: z.string(),
    of: z.string().describe('Id of its rule, or the name of what ships.'),
    rule: z.strictObject(specFields).optional().describe('As it was then. Absent, as total and cut: the run is of what ships.'),
    requested_by: z.string(),
    at: dateTime.describe('The instant that it is for.'),
    missed: z.int().min(0).optional().describe('Instants before it that it stands for.'),
    state: z.enum(RUN_STATES),
    requested_at: dateTime,
    started_at: dateTime.optional(),
    ended_at: dateTime.optional(),
    total: z.int().min(0).optional(),
    cut: z.boolean().optional().describe('There were more jobs than the rule takes.'),
    counts: z.record(z.string(), z.int().min(0)).optional(),
    abort_requested: z.literal(true).optional(),
    reason: z.string().optional().describe('Why it failed.'),
    links,
  })
  .meta({ id: 'BatchRun' });

const runList = z.strictObject({ runs: z.array(batchRun) }).meta({ id: 'BatchRunList' });

const item = z.strictObject({
  job_id: z.string(),
  outcome: z.enum(ITEM_OUTCOMES),
  made_job_id: z.string().optional(),
  reason: z.string().optional(),
  links,
});
const runItems = z.strictObject({ run_id: z.string(), items: z.array(item), next_page_token: nextPage }).meta({ id: 'BatchRunItems' });

const ONE = '/admin/v1/batch-runs/{run_id}';
const shown = (status: number, description: string) => ({ status, description, schema: batchRun });

/** Runs of batch rules, and of what ships. */
export const BATCH_RUNS: ApiPart = {
  requests: {},
  responses: { BatchRun: batchRun, BatchRunItems: runItems, BatchRunList: runList },
  operations: [
    {
      method: 'get',
      path: '/admin/v1/batch-runs',
      summary: 'Runs, newest first',
      query: {
        of: { description: 'Id of a rule, or the name of what ships', schema: { minLength: 1, maxLength: 100 } },
        ...mostOf(100, 20),
      },
      success: { status: 200, description: 'The runs', schema: runList },
      problems: [400],
    },
    { method: 'get', path: ONE, summary: 'A run with its counts', success: shown(200, 'The run') },
    {
      method: 'get',
      path: `${ONE}/items`,
      summary: 'Its jobs, in the order in which they are dealt with',
      query: {
        outcome: { description: 'What became of the job', schema: { enum: ITEM_OUTCOMES } },
        ...mostOf(1_000, 100),
        page_token: { description: 'next_page_token of the page before', schema: { pattern: '^\\d{1,9}$' } },
      },
      success: { status: 200, description: 'One page', schema: runItems },
      problems: [400],
    },
    { method: 'post', path: `${ONE}/abort`, summary: 'Stop it', success: shown(202, 'It stops within seconds'), problems: [409] },
  ],
};
