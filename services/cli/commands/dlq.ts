import type { Command, OptionValues } from '../command.ts';
import { DEAD_LETTER_OPTIONS, DEAD_LETTER_OPTIONS_HELP, deadLetterFilterOf } from '../dead-letter-options.ts';
import { ageText, momentText } from '../moments.ts';
import { STRING, wholeOption } from '../option-values.ts';
import { adminCommand } from '../question.ts';
import { factsOf, tableOf } from '../table.ts';

interface LetterView {
  readonly job_id: string;
  readonly tenant: string;
  readonly type: string;
  readonly lane: string;
  readonly stage: string;
  readonly attempts: number;
  readonly failed_at?: string;
  readonly error?: { readonly code: string; readonly message: string };
  readonly log: readonly { readonly at: string; readonly event: string; readonly [fact: string]: unknown }[];
}

interface InspectedLetter extends LetterView {
  readonly input: unknown;
  readonly options: unknown;
  readonly dead_letter_queue: { readonly stage: string; readonly is_owed: boolean; readonly published_at?: string };
}

interface GroupView {
  readonly type: string;
  readonly stage: string;
  readonly fingerprint: string | null;
  readonly count: number;
  readonly last_at: string;
  readonly error?: { readonly code: string; readonly message: string };
  readonly example?: string;
}

const LIMIT_HELP = '  --limit N          at most so many, 1 to 200; default 20\n';

function queryOf(values: OptionValues): URLSearchParams {
  return new URLSearchParams({ ...deadLetterFilterOf(values), limit: String(wholeOption(values, 'limit', 1, 200) ?? 20) });
}

const errorText = (error: LetterView['error']): string => (error ? `${error.code}: ${error.message}` : '-');

const listCommand = adminCommand({
  name: 'dlq list',
  summary: 'list dead letters, the newest failure first',
  usage: '[filter]',
  about: 'Jobs that failed for good, and wait for somebody to replay or remove them.',
  options: { ...DEAD_LETTER_OPTIONS, limit: STRING },
  optionsHelp: DEAD_LETTER_OPTIONS_HELP + LIMIT_HELP,
  examples: ['jobline dlq list --stage p1 --limit 5'],
  ask: (api, values) => api.request<{ dead_letters: readonly LetterView[] }>('GET', `/admin/v1/dead-letters?${queryOf(values)}`),
  textOf({ dead_letters: letters }, terminal) {
    if (letters.length === 0) return 'There are no such dead letters.\n';
    const rows = letters.map(({ job_id, type, stage, failed_at, error }) => [job_id, type, stage, ageText(failed_at), errorText(error)]);
    return tableOf([['job', 'type', 'stage', 'age', 'error'], ...rows], terminal);
  },
});

const groupsCommand = adminCommand({
  name: 'dlq groups',
  summary: 'say what failed, by cause, the largest group first',
  usage: '[filter]',
  about:
    'A group is a job type, a stage, and the error without what differs from job to\njob; its fingerprint is what dlq list and dlq plan take.',
  options: { ...DEAD_LETTER_OPTIONS, limit: STRING },
  optionsHelp: DEAD_LETTER_OPTIONS_HELP + LIMIT_HELP,
  examples: ['jobline dlq groups', 'jobline dlq groups --type report --json'],
  ask: (api, values) => api.request<{ groups: readonly GroupView[] }>('GET', `/admin/v1/dead-letters/groups?${queryOf(values)}`),
  textOf({ groups }, terminal) {
    if (groups.length === 0) return 'There are no such dead letters.\n';
    const rows = groups.map(({ count, type, stage, fingerprint, last_at, error }) => {
      return [String(count), type, stage, fingerprint ?? '-', ageText(last_at), errorText(error)];
    });
    return tableOf([['jobs', 'type', 'stage', 'fingerprint', 'last', 'newest error'], ...rows], terminal);
  },
});

const showCommand = adminCommand({
  name: 'dlq show',
  summary: 'show one dead letter, with its input and its log',
  usage: 'JOB',
  words: ['JOB'],
  about: 'The message stays in its queue. The input is printed whole with --json.',
  examples: ['jobline dlq show 0193a5e0-7c1f-7000-8000-5b3d1c9a2f44'],
  ask: (api, _, [id]) => api.request<InspectedLetter>('GET', `/admin/v1/dead-letters/${encodeURIComponent(id!)}`),
  textOf(letter, terminal) {
    const { job_id, tenant, type, lane, stage, attempts, failed_at, error, input, options, log } = letter;
    const said = { job: job_id, tenant, type, lane, stage, attempts, failed: momentText(failed_at), error: errorText(error) };
    const given = { input: cut(input), ...(options !== null && { options: cut(options) }) };
    const rows = log.map(({ at, event, ...facts }) => [momentText(at), event, factText(facts)]);
    return `${factsOf({ ...said, ...given }, terminal)}\n${tableOf([['at', 'event', ''], ...rows], terminal)}`;
  },
});

const MOST_SHOWN = 300;

function cut(value: unknown): string {
  const text = JSON.stringify(value) ?? 'null';
  return text.length <= MOST_SHOWN ? text : `${text.slice(0, MOST_SHOWN)} ... (${text.length} characters)`;
}

function factText(facts: Readonly<Record<string, unknown>>): string {
  return Object.entries(facts)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');
}

/** `jobline dlq list`, `groups` and `show`: what failed for good. */
export const deadLetterCommands: readonly Command[] = [listCommand, groupsCommand, showCommand];
