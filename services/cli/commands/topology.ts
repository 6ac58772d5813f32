import { CliError, type Command, ExitCode, type OptionValues, type Terminal } from '../command.ts';
import { runDeployProgram, serverVariables } from '../deploy-program.ts';
import { examplesHelp } from '../question.ts';

const HELP = `  --json             print what is found as JSON
  RABBITMQ_URL, RABBITMQ_MANAGEMENT_URL, TOPOLOGY, JOBLINE_JOB_TYPES
                     (variables) as of the services; default: RabbitMQ of the
                     system that npm start runs in this folder

Exit code: 0 done, 1 something is missing or other than wanted, 2 it could not
           be done, 64 wrong use, 69 RabbitMQ did not do it.
`;

const WRONG_SETTINGS = 78;

/** What the program's own exit codes are here. */
function exitCodeOf(code: number): number {
  if (code === 1) return ExitCode.jobFailed;
  return code === ExitCode.unavailable ? ExitCode.unavailable : ExitCode.failed;
}

async function run(what: string, values: OptionValues, terminal: Terminal): Promise<number> {
  const args = values['json'] === true ? [what, '--json'] : [what];
  const variables = serverVariables(terminal.env);
  // Not asked, but the settings want one.
  if (what === 'show') variables['RABBITMQ_URL'] ??= 'amqp://localhost';
  if (!variables['RABBITMQ_URL']) throw new CliError('RABBITMQ_URL is not set, and npm start does not run in this folder.');
  const { code, out, err } = await runDeployProgram('topology', args, { LOG_LEVEL: 'error', ...variables });
  terminal.write(out);
  if (code !== 0)
    throw new CliError(
      `topology ${what}${code === WRONG_SETTINGS ? ', settings' : ''}: ${err.trim() || `ended with ${code}`}`,
      exitCodeOf(code),
    );
  return ExitCode.done;
}

function topologyCommand(what: string, summary: string, about: string): Command {
  return {
    name: `topology ${what}`,
    summary,
    help: `Usage: jobline topology ${what} [options]\n\n${about}\n\n${HELP}${examplesHelp([`jobline topology ${what}`])}`,
    options: { json: { type: 'boolean' } },
    run: (values, terminal) => run(what, values, terminal),
  };
}

/** `jobline topology ...`: what there is in RabbitMQ. It asks RabbitMQ itself, by the program of deploy/topology. */
export const topologyCommands: readonly Command[] = [
  topologyCommand(
    'show',
    'what Jobline wants to be in RabbitMQ',
    'Exchanges, queues, bindings and policies of the job types. Nothing is asked.',
  ),
  topologyCommand(
    'check',
    'say what is missing in RabbitMQ, and change nothing',
    'Needs no permissions. Bindings and policies cannot be seen so.',
  ),
  topologyCommand(
    'apply',
    'make what is missing in RabbitMQ; safe to repeat',
    'Queues that are there with other arguments are refused, and nothing is done.\nPolicies need a user with the tag policymaker or administrator.',
  ),
];
