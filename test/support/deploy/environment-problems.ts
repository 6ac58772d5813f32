import { tmpdir } from 'node:os';
import { ConfigError } from '../../../shared/domain/failures.ts';
import { readConfig, variablesOf } from '../../../shared/runtime/config.ts';
import type { Role } from '../../../shared/runtime/variable.ts';

/** Variables that are not Jobline's own but Node's. */
const OF_NODE = ['NODE_ENV', 'NODE_OPTIONS', 'NODE_EXTRA_CA_CERTS', 'UV_THREADPOOL_SIZE'];

/** The role whose settings a program reads. @throws Error for a program that is not known. */
export function roleOf(main: string): Role {
  if (main === 'deploy/local/prepare' || main === 'deploy/accounts/main') return 'cli';
  const service = /^services\/([a-z0-9-]+)\/main$/.exec(main)?.[1];
  if (service === 'gateway' || service === 'scheduler') return service;
  if (service?.endsWith('-worker')) return 'worker';
  throw new Error(`No role is known for ${main}.`);
}

/**
 * What a program would say to its environment in a deployment: variables that it does not read, and all that is wrong with
 * those that it reads.
 * @param also names of further variables that are meant for it
 */
export function environmentProblems(role: Role, env: Readonly<Record<string, string>>, also: readonly string[] = []): string[] {
  const known = [...variablesOf(role).map(([name]) => name), ...OF_NODE, ...also];
  const unknown = Object.keys(env).filter((name) => !known.includes(name));
  const problems = unknown.map((name) => `${name} is not a variable of a ${role}`);
  try {
    // The folder is there in the container only; whether it is mounted is checked apart.
    readConfig(role, { ...env, ...(env['SCRATCH_DIR'] && { SCRATCH_DIR: tmpdir() }) });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    problems.push(...error.problems);
  }
  return problems;
}
