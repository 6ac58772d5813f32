import type { Job, ListOptions } from '../../../shared/client/index.ts';
import { type Command, ExitCode, UsageError } from '../command.ts';
import { API_OPTIONS, API_OPTIONS_HELP, EXIT_CODES_HELP, jobApi } from '../job-api.ts';
import { ageText } from '../moments.ts';
import { tableOf } from '../table.ts';

const MOST = 100_000;
const A_PAGE = 200;

function limitOf(text: unknown): number {
  const limit = Number(text ?? 20);
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST) throw new UsageError(`--limit must be an integer from 1 to ${MOST}.`);
  return limit;
}

const HEAD = ['job', 'status', '%', 'age', 'type'];
const rowOf = ({ job_id, type, status, progress, created_at }: Job) => [job_id, status, String(progress), ageText(created_at), type];

/** `jobline list`. */
export const listCommand: Command = {
  name: 'list',
  summary: 'list and search jobs, newest first',
  help: `Usage: jobline list [QUERY] [--limit N] [options]

  QUERY              in the API's query language: terms of state:, type:, tag:,
                     error: and age: that must all hold
  --limit N          at most so many, 1 to ${MOST}; default 20
${API_OPTIONS_HELP}
With --json one job a line. ${EXIT_CODES_HELP}
Example:
  jobline list 'state:failed age:<1d' --limit 5
`,
  options: { ...API_OPTIONS, limit: { type: 'string' } },
  words: ['QUERY?'],
  async run(values, terminal, [q]) {
    const limit = limitOf(values['limit']);
    const options: ListOptions = { pageSize: Math.min(limit, A_PAGE), ...(q !== undefined && { q }) };
    const jobs: Job[] = [];
    for await (const job of jobApi(values, terminal).list(options)) if (jobs.push(job) === limit) break;
    if (values['json'] === true) terminal.write(jobs.map((job) => `${JSON.stringify(job)}\n`).join(''));
    else terminal.write(jobs.length === 0 ? 'There are no such jobs.\n' : tableOf([HEAD, ...jobs.map(rowOf)], terminal));
    return ExitCode.done;
  },
};
