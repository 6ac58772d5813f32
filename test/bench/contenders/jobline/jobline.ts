import { join } from 'node:path';
import { databaseName } from '../../../../shared/mongo/database-name.ts';
import { projectRoot } from '../../../../shared/runtime/project-root.ts';
import { localSystem } from '../../../support/local-stack.ts';
import type { Contender } from '../../suite/contender.ts';
import { RecordReader } from '../record-reader.ts';
import { JoblineClient } from './jobline-client.ts';
import { EXECUTIONS_VARIABLE } from './no-op.ts';

const JOB_TYPES = join(projectRoot(), 'dist/test/bench/contenders/jobline/job-types.js');
/** Servers of the bench's own, whatever the caller's environment names. */
export const OWN_SERVERS = { RABBITMQ_URL: '', RABBITMQ_MANAGEMENT_URL: '', MONGODB_URL: '' };

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

function jobline(how: Pick<Contender, 'name' | 'title' | 'scenarios'> & { readonly lane: string; readonly client: string }): Contender {
  const { lane, client, ...names } = how;
  return {
    ...COMMON,
    ...names,
    settings: { ...SETTINGS, client, lane },
    async start({ servers, executionsFolder }) {
      const env = { ...OWN_SERVERS, JOBLINE_JOB_TYPES: JOB_TYPES, [EXECUTIONS_VARIABLE]: executionsFolder };
      const { startSystem } = await localSystem();
      const system = await startSystem({ env, temporary: true, onLog: () => undefined });
      try {
        await servers.note(system.rabbitmqUrl, system.mongodbUrl);
        const reader = await RecordReader.open(system.mongodbUrl, databaseName(system.mongodbUrl));
        return new JoblineClient(system, lane, reader);
      } catch (error) {
        await system.stop();
        throw error;
      }
    },
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
];
