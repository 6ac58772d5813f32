import { z } from 'zod';
import { LANES } from '../../domain/job.ts';
import { drainRequest, pauseRequest, stagePauseRequest } from '../control-request.ts';
import { type ApiPart, BODY_PROBLEMS, countsByState, dateTime, links } from './api-part.ts';

const pause = z
  .strictObject({
    pause_id: z.string(),
    stage: z.string().optional(),
    type: z.string().optional(),
    tenant: z.string().optional(),
    state: z.enum(['planned', 'active', 'over']),
    reason: z.string(),
    by: z.string(),
    created_at: dateTime,
    from: dateTime.optional(),
    until: dateTime.optional(),
    links,
  })
  .meta({ id: 'Pause' });

const pauseList = z.strictObject({ pauses: z.array(pause) }).meta({ id: 'PauseList' });

const stageControl = z.strictObject({
  stage: z.string(),
  state: z.enum(['running', 'pausing', 'paused']).describe('`pausing` while workers still end what they have begun.'),
  pauses: z.array(pause),
  workers: z.strictObject({ live: z.int(), taking_work: z.int(), slots: z.int(), slots_busy: z.int() }),
});

const messages = z.int().min(0).nullable().describe('null: the broker did not say.');
const rate = z.number().min(0).nullable();
const queue = z.strictObject({
  queue: z.string(),
  ready: messages,
  unacked: messages,
  in_per_second: rate.describe('null: the broker did not say.'),
  out_per_second: rate.describe('null: the broker did not say.'),
});

const stageList = z
  .strictObject({
    stages: z.array(
      z.strictObject({
        stage: z.string(),
        position: z.int().min(0),
        control: z.array(stageControl),
        jobs: countsByState,
        lanes: z.array(
          z.strictObject({
            lane: z.enum(LANES),
            weight: z.int().min(1),
            jobs: countsByState,
            started_per_second: rate.describe('null: not known yet.'),
            queues: z.array(queue),
          }),
        ),
        dead_letter_queues: z.array(z.strictObject({ stage: z.string(), messages })),
      }),
    ),
    broker: z.enum(['ok', 'unknown']),
  })
  .meta({ id: 'StageList' });

/** A record is shown as it is stored (docs/protocol.md): more than this may be in it. */
const jobRecord = z
  .looseObject({ id: z.string(), tenant: z.string(), type: z.string(), state: z.string(), gen: z.int(), createdAt: dateTime })
  .meta({ id: 'JobRecord' });

const worker = z
  .strictObject({
    worker_id: z.string(),
    service: z.string(),
    version: z.string(),
    host: z.string(),
    pid: z.int(),
    stages: z.array(z.string()),
    state: z.enum(['working', 'paused', 'draining', 'drained', 'silent']),
    started_at: dateTime,
    reported_at: dateTime,
    leases: z.int().min(0),
    jobs: z.array(z.strictObject({ job_id: z.string(), type: z.string(), stage: z.int(), attempt: z.int() })),
    bells_held: z.int(),
    slots: z.int(),
    slots_busy: z.int(),
    loop_lag_ms: z.strictObject({ mean: z.number(), longest: z.number() }),
    memory_bytes: z.int(),
    drain: z.strictObject({ by: z.string(), reason: z.string(), since: dateTime }).optional(),
  })
  .meta({ id: 'Worker' });

const workerList = z.strictObject({ workers: z.array(worker) }).meta({ id: 'WorkerList' });

const STAGE = '/admin/v1/stages/{stage}';
const WORKER = '/admin/v1/workers/{worker_id}';
const paused = { status: 201, description: 'The pause', schema: pause };
const shown = (status: number) => ({ status, description: 'The worker', schema: worker });

/** Stages, records, pauses and workers. */
export const CONTROL: ApiPart = {
  requests: { StagePauseRequest: stagePauseRequest, WorkPauseRequest: pauseRequest, DrainRequest: drainRequest },
  responses: { JobRecord: jobRecord, Pause: pause, PauseList: pauseList, StageList: stageList, Worker: worker, WorkerList: workerList },
  operations: [
    {
      method: 'get',
      path: '/admin/v1/stages',
      summary: 'What waits where, by the store and by the broker, and how each stage stands',
      success: { status: 200, description: 'By position', schema: stageList },
    },
    {
      method: 'get',
      path: '/admin/v1/jobs/{job_id}',
      summary: 'The record of a job as it is stored',
      success: { status: 200, description: 'The record', schema: jobRecord },
    },
    {
      method: 'post',
      path: `${STAGE}/pause`,
      summary: 'Pause a stage',
      body: { schema: stagePauseRequest },
      success: paused,
      problems: BODY_PROBLEMS,
    },
    {
      method: 'post',
      path: `${STAGE}/resume`,
      summary: 'End the pause of the whole stage',
      success: { status: 204, description: 'It has ended' },
    },
    {
      method: 'post',
      path: '/admin/v1/pauses',
      summary: 'Pause what fits all that is named: a stage, a type, a tenant; nothing named: everything',
      body: { schema: pauseRequest },
      success: paused,
      problems: BODY_PROBLEMS,
    },
    {
      method: 'get',
      path: '/admin/v1/pauses',
      summary: 'Pauses that have not ended',
      success: { status: 200, description: 'Those in force and those planned', schema: pauseList },
    },
    {
      method: 'get',
      path: '/admin/v1/pauses/{pause_id}',
      summary: 'A pause that has not ended',
      success: { status: 200, description: 'The pause', schema: pause },
    },
    {
      method: 'delete',
      path: '/admin/v1/pauses/{pause_id}',
      summary: 'End a pause',
      success: { status: 204, description: 'It has ended' },
    },
    {
      method: 'get',
      path: '/admin/v1/workers',
      summary: 'Worker processes as they report themselves each 5 s',
      success: { status: 200, description: 'All of the last 10 minutes', schema: workerList },
    },
    { method: 'get', path: WORKER, summary: 'One of them', success: shown(200) },
    {
      method: 'post',
      path: `${WORKER}/drain`,
      summary: 'Let it end its work and take no more',
      body: { schema: drainRequest },
      success: shown(202),
      problems: BODY_PROBLEMS,
    },
    { method: 'post', path: `${WORKER}/resume`, summary: 'Let it take work again; repeating it is harmless', success: shown(202) },
  ],
};
