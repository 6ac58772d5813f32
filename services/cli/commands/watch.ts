import type { JobEvent, JoblineClient, JobStatus } from '../../../shared/client/index.ts';
import { CliError, type Command, ExitCode, type OptionValues, type Terminal } from '../command.ts';
import { API_OPTIONS, API_OPTIONS_HELP, EXIT_CODES_HELP, jobApi } from '../job-api.ts';
import { barLine, statusLine } from '../job-text.ts';

const COLUMNS = 80;

function show(event: JobEvent, values: OptionValues, terminal: Terminal): void {
  const { write, writeError, isTerminal } = terminal;
  if (values['json'] === true) write(`${JSON.stringify(event)}\n`);
  else if (isTerminal) writeError(`\r\u001b[K${barLine(event, COLUMNS)}`);
  else write(`${statusLine(event, terminal)}\n`);
}

/** Shows each step of a job until it has ended. @returns the exit code: 0 with COMPLETED, else 1. */
export async function watchToEnd(client: JoblineClient, jobId: string, values: OptionValues, terminal: Terminal): Promise<number> {
  let last: JobEvent | undefined;
  for await (const event of client.watch(jobId)) {
    last = event;
    show(event, values, terminal);
  }
  if (!last) throw new CliError(`Nothing was told of job ${jobId}.`);
  if (terminal.isTerminal && values['json'] !== true) {
    terminal.writeError('\r\u001b[K');
    terminal.write(`${statusLine(last, terminal)}\n`);
  }
  return last.status === ('COMPLETED' satisfies JobStatus) ? ExitCode.done : ExitCode.jobFailed;
}

/** `jobline watch`. */
export const watchCommand: Command = {
  name: 'watch',
  summary: 'follow a job to its end',
  help: `Usage: jobline watch JOB [options]

Shows each step of the job until it has ended: as a bar on a terminal, else a
line a step; with --json an object a line. A connection that breaks is made
again, and no step is left out.

${API_OPTIONS_HELP}${EXIT_CODES_HELP}
Example:
  jobline watch 0193a5e0-7c1f-7000-8000-5b3d1c9a2f44
`,
  options: API_OPTIONS,
  words: ['JOB'],
  run: (values, terminal, words) => watchToEnd(jobApi(values, terminal), words[0]!, values, terminal),
};
