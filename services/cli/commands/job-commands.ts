import type { JoblineClient } from '../../../shared/client/index.ts';
import type { Command, OptionValues, Terminal } from '../command.ts';
import { API_OPTIONS, API_OPTIONS_HELP, EXIT_CODES_HELP, jobApi } from '../job-api.ts';
import { statusLine } from '../job-text.ts';
import { momentText, untilText } from '../moments.ts';
import { painted } from '../paint.ts';
import { plain } from '../plain.ts';
import { printAnswer } from '../print.ts';
import { tableOf } from '../table.ts';
import { paragraph } from '../wrapped.ts';

interface JobQuestion<T> {
  readonly name: string;
  readonly summary: string;
  readonly what: string;
  ask(client: JoblineClient, jobId: string, values: OptionValues): Promise<T>;
  textOf(answer: T, terminal: Terminal): string;
  /** Further options, and what help says of them. */
  readonly more?: { readonly options: Command['options']; readonly help: string };
}

/** A command that asks one thing about one job. */
function jobCommand<T>({ name, summary, what, ask, textOf, more = { options: {}, help: '' } }: JobQuestion<T>): Command {
  return {
    name,
    summary,
    help: `Usage: jobline ${name} JOB [options]

${what}

${more.help}${API_OPTIONS_HELP}${EXIT_CODES_HELP}
Example:
  jobline ${name} 0193a5e0-7c1f-7000-8000-5b3d1c9a2f44
`,
    options: { ...API_OPTIONS, ...more.options },
    words: ['JOB'],
    async run(values: OptionValues, terminal: Terminal, words: readonly string[]) {
      const answer = await ask(jobApi(values, terminal), words[0]!, values);
      return printAnswer(answer, () => textOf(answer, terminal), values, terminal);
    },
  };
}

const statusCommand = jobCommand({
  name: 'status',
  summary: 'say where a job is',
  what: 'Prints status, progress, place in the queue and expected end.',
  ask: (client, jobId) => client.status(jobId),
  textOf: (state, terminal) => `${statusLine(state, terminal)}\n`,
});

const logsCommand = jobCommand({
  name: 'logs',
  summary: 'say what happened to a job',
  what: 'Prints the timeline of the job, oldest first.',
  ask: (client, jobId) => client.timeline(jobId),
  textOf: (events, terminal) => {
    const rows = events.map(({ at, event, stage = '-', attempt, code, message }) => {
      const said = [code, message].filter((part) => part !== undefined).join(': ');
      return [momentText(at), event, stage, attempt === undefined ? '-' : String(attempt), said];
    });
    return tableOf([['at', 'event', 'stage', 'attempt', ''], ...rows], terminal);
  },
});

const explainCommand = jobCommand({
  name: 'explain',
  summary: 'say why a job is where it is, and what comes next',
  what: 'Prints the reasons, the most important first, and what happens next.',
  ask: (client, jobId) => client.explain(jobId),
  textOf: ({ status, reasons, next }, terminal) => {
    const { columns } = terminal;
    const lines = reasons.map(({ message, code }) => paragraph(`${plain(message)} (${code})`, '  ', columns));
    return `${painted(status, terminal)}\n${lines.join('')}${paragraph(`Next: ${plain(next)}`, '', columns)}`;
  },
});

const cancelCommand = jobCommand({
  name: 'cancel',
  summary: 'cancel a job that has not ended',
  what: 'Cancels the job, also one that runs. Again: the same answer.',
  ask: (client, jobId) => client.cancel(jobId),
  textOf: ({ job_id, status }) => `${job_id} ${status}\n`,
});

const retryCommand = jobCommand({
  name: 'retry',
  summary: 'run a failed job again',
  what: 'Runs the job again from the stage that failed.',
  ask: (client, jobId, values) => client.retry(jobId, values['from-beginning'] === true ? { from: 'beginning' } : {}),
  textOf: ({ job_id, status }) => `${job_id} ${status}\n`,
  more: { options: { 'from-beginning': { type: 'boolean' } }, help: '  --from-beginning   run every stage again\n' },
});

const deleteCommand = jobCommand({
  name: 'delete',
  summary: 'remove a job that has ended, with its files',
  what: 'Removes the job, its input and its files. There is no way back.',
  ask: async (client, jobId) => {
    await client.delete(jobId);
    return { job_id: jobId, deleted: true };
  },
  textOf: ({ job_id }) => `${job_id} is removed\n`,
});

const deliveriesCommand = jobCommand({
  name: 'deliveries',
  summary: "what became of telling a job's callback",
  what: 'Prints each delivery and its last attempt. A scheduler repeats what failed.',
  ask: (client, jobId) => client.deliveries(jobId),
  textOf: (deliveries, terminal) => {
    if (deliveries.length === 0) return 'Nobody was to be told, or not yet.\n';
    const rows = deliveries.map(({ event, state, attempts, url, next_attempt_at, log }) => {
      const { status, reason } = log.at(-1) ?? {};
      const last = [status, reason, next_attempt_at && `next in ${untilText(next_attempt_at)}`].filter(Boolean).join(', ');
      return [event, state, String(attempts), `${url}${last === '' ? '' : ` (${last})`}`];
    });
    return tableOf([['event', 'state', 'attempts', 'to'], ...rows], terminal);
  },
});

/** Commands that ask one thing about one job. */
export const jobCommands: readonly Command[] = [
  statusCommand,
  logsCommand,
  explainCommand,
  deliveriesCommand,
  cancelCommand,
  retryCommand,
  deleteCommand,
];
