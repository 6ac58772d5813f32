import type { Contender } from '../../suite/contender.ts';
import { SdkSubmitter } from './sdk-submitter.ts';
import { type JoblineOptions, startJobline } from './start-jobline.ts';

const COMMON = {
  kind: 'ours',
  durability: 'insert and commit w:majority, journaled; doorbells persistent in quorum queues, confirmed; claim and commit in one write',
  isDurable: true,
  reader: 'MongoDB change stream',
} as const;

const SETTINGS = {
  services: 'gateway, p1-worker, p2-worker, scheduler: one process each, as npm start starts them, default configuration',
  'job type': 'two inline stages, mayRunTwice, given by JOBLINE_JOB_TYPES',
  on: 'validation, logging at info, all indexes, the fence',
};

interface Way extends Pick<Contender, 'name' | 'title' | 'scenarios'>, Pick<JoblineOptions, 'lane' | 'submitter'> {
  readonly client: string;
}

function jobline({ lane, client, submitter, ...names }: Way): Contender {
  return {
    ...COMMON,
    ...names,
    settings: { ...SETTINGS, client, lane },
    start: async (context) => (await startJobline(context, { lane, ...(submitter && { submitter }) })).client,
  };
}

/** The released services, by the ways in which jobs come in. */
export const JOBLINE: readonly Contender[] = [
  jobline({
    name: 'jobline',
    title: 'Jobline, HTTP batches, lane bulk',
    scenarios: ['batch'],
    lane: 'bulk',
    client: 'POST /v1/jobs:batch, NDJSON, 500 jobs a request, 4 requests at a time',
  }),
  jobline({
    name: 'jobline-standard',
    title: 'Jobline, HTTP batches, lane standard',
    scenarios: ['batch'],
    lane: 'standard',
    client: 'POST /v1/jobs:batch, NDJSON, 500 jobs a request, 4 requests at a time',
  }),
  jobline({
    name: 'jobline-http',
    title: 'Jobline, a POST a job',
    scenarios: ['single', 'latency'],
    lane: 'standard',
    client: 'POST /v1/jobs, 64 keep-alive connections',
  }),
  jobline({
    name: 'jobline-sdk',
    title: 'Jobline, client SDK',
    scenarios: ['batch', 'single', 'latency'],
    lane: "the API's defaults: bulk for batches, standard for single jobs",
    client: 'shared/client with its defaults: submitBatch (500 jobs a request, 4 requests at a time), submit; an idempotency key a job',
    submitter: (api, reader) => new SdkSubmitter(api, reader),
  }),
];
