import { join } from 'node:path';
import type { Document } from 'mongodb';
import type { System, SystemOptions } from '../../../../deploy/local/system.d.mts';
import { databaseName } from '../../../../shared/mongo/database-name.ts';
import { projectRoot } from '../../../../shared/runtime/project-root.ts';
import { localSystem } from '../../../support/local-stack.ts';
import type { BenchContext } from '../../suite/contender.ts';
import { RecordReader } from '../record-reader.ts';
import { HttpSubmitter, type HttpSubmitterOptions } from './http-submitter.ts';
import { EXECUTIONS_VARIABLE } from './no-op.ts';
import { RunningSystem, type Submitter } from './running-system.ts';

const JOB_TYPES = join(projectRoot(), 'dist/test/bench/contenders/jobline/job-types.js');
/** Servers of the bench's own, whatever the caller's environment names. */
const OWN_SERVERS = { RABBITMQ_URL: '', RABBITMQ_MANAGEMENT_URL: '', MONGODB_URL: '' };

/** How the services run; what is not said is as `npm start` has it. */
type ServiceOptions = Pick<SystemOptions, 'env' | 'scale' | 'restart'>;

/** How the services run and are used. */
export interface JoblineOptions extends HttpSubmitterOptions, ServiceOptions {
  /** Submits the jobs; default: plain requests. */
  readonly submitter?: (api: string, reader: RecordReader) => Submitter;
  /** Records to be read back, where others were stored before; default all. */
  readonly ours?: Document;
}

/** The released services at work, and a client of them, which stops them. */
export interface StartedJobline {
  readonly system: System;
  readonly client: RunningSystem;
}

/** Starts servers and services of a measurement's own. @param jobTypes path of the compiled module */
export async function startServices(jobTypes: string, options: ServiceOptions): Promise<System> {
  const { startSystem } = await localSystem();
  const env = { ...OWN_SERVERS, JOBLINE_JOB_TYPES: jobTypes, ...options.env };
  return startSystem({ ...options, env, temporary: true });
}

/** Starts servers and services of a measurement's own, with the bench's job type. */
export async function startJobline(
  { servers, executionsFolder }: Pick<BenchContext, 'servers' | 'executionsFolder'>,
  options: JoblineOptions,
): Promise<StartedJobline> {
  const { env, scale = {}, restart = true, ours, submitter, ...client } = options;
  const system = await startServices(JOB_TYPES, { scale, restart, env: { [EXECUTIONS_VARIABLE]: executionsFolder, ...env } });
  try {
    await servers.note(system.rabbitmqUrl, system.mongodbUrl);
    const reader = await RecordReader.open(system.mongodbUrl, databaseName(system.mongodbUrl), ours);
    const submits = submitter?.(system.api, reader) ?? new HttpSubmitter(system.api, reader, client);
    return { system, client: new RunningSystem(system, submits, reader) };
  } catch (error) {
    await system.stop();
    throw error;
  }
}
