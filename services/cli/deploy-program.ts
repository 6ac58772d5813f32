import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CliError, ExitCode, type Terminal } from './command.ts';
import { runningStack } from './running-stack.ts';

/** What a program said and ended with. */
export interface ProgramEnd {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Where the servers are: as the variables say, else those of the system that runs in this folder. */
export function serverVariables(env: Terminal['env']): Record<string, string | undefined> {
  const { rabbitmq, management, mongodb } = runningStack() ?? {};
  // Those of the command line itself are none of the services'.
  const { JOBLINE_URL: _, JOBLINE_ADMIN_URL: __, JOBLINE_API_KEY: ___, ...others } = env;
  return {
    ...others,
    ...(!env['RABBITMQ_URL'] && rabbitmq !== undefined && { RABBITMQ_URL: rabbitmq, RABBITMQ_MANAGEMENT_URL: management }),
    ...(!env['MONGODB_URL'] && mongodb !== undefined && { MONGODB_URL: mongodb }),
  };
}

/** Compiled beside compiled, source beside source. @throws CliError in an installation without the programs of deploy/. */
function programPath(name: string): string {
  const path = fileURLToPath(new URL(`../../deploy/${name}/main${extname(import.meta.filename)}`, import.meta.url));
  if (existsSync(path)) return path;
  throw new CliError(`This installation has no deploy/${name}: run the command in a checkout of Jobline, or in its image.`);
}

/** Runs a program of deploy/: they alone know RabbitMQ and MongoDB. @param variables its environment. */
export function runDeployProgram(
  name: string,
  args: readonly string[],
  variables: Readonly<Record<string, string | undefined>>,
): Promise<ProgramEnd> {
  const command = [...process.execArgv, programPath(name), ...args];
  const child = spawn(process.execPath, command, { env: variables as NodeJS.ProcessEnv, stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new CliError(`deploy/${name} could not be started: ${error.message}`)));
    child.once('close', (code) => resolve({ code: code ?? ExitCode.failed, out, err }));
  });
}
