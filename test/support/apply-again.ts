import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from '../../shared/runtime/project-root.ts';
import { TEST_JOB_TYPES, type TestSystem } from './test-system.ts';

/** Runs the program that applies topology and migrations, as an operator would. @throws Error when it fails. */
export async function applyAgain({ system }: TestSystem): Promise<void> {
  const env = {
    ...process.env,
    RABBITMQ_URL: system.rabbitmqUrl,
    RABBITMQ_MANAGEMENT_URL: system.managementUrl ?? '',
    MONGODB_URL: system.mongodbUrl,
    JOBLINE_JOB_TYPES: TEST_JOB_TYPES,
  };
  await promisify(execFile)(process.execPath, [join(projectRoot(), 'dist/deploy/local/prepare.js')], { env, timeout: 60_000 });
}
