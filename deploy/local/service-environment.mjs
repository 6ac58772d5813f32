import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * What every service of a system is told: this process's environment, what the caller adds, and where everything is.
 * @param {{ folder: string, rabbitmqUrl: string, managementUrl: string | undefined, mongodbUrl: string }} where
 * @param {{ temporary: boolean, env?: Readonly<Record<string, string | undefined>> }} options a temporary system listens on the loopback interface alone, and asks for no keys
 * @param {string} topology
 * @returns {NodeJS.ProcessEnv}
 */
export function serviceEnvironment({ folder, rabbitmqUrl, managementUrl, mongodbUrl }, { temporary, env }, topology) {
  const scratch = join(folder, 'scratch');
  mkdirSync(scratch, { recursive: true });
  return {
    SCRATCH_DIR: scratch,
    ...process.env,
    ...(temporary && { HOST: '127.0.0.1', ADMIN_HOST: '127.0.0.1', JOBLINE_AUTH: 'none' }),
    ...env,
    RABBITMQ_URL: rabbitmqUrl,
    RABBITMQ_MANAGEMENT_URL: managementUrl ?? '',
    MONGODB_URL: mongodbUrl,
    TOPOLOGY: topology,
    HEALTH_HOST: '127.0.0.1',
  };
}
