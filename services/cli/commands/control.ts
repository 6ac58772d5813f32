import { type Command, type OptionValues, UsageError } from '../command.ts';
import { momentText } from '../moments.ts';
import { neededOption, STRING, spanOption, textOption } from '../option-values.ts';
import { adminCommand } from '../question.ts';
import { tableOf } from '../table.ts';

interface PauseView {
  readonly pause_id: string;
  readonly state: string;
  readonly reason: string;
  readonly by: string;
  readonly from?: string;
  readonly until?: string;
}

const SELECTOR = { stage: STRING, type: STRING, tenant: STRING } as const;

const SELECTOR_HELP = `  --stage STAGE, --type TYPE, --tenant TENANT
                     jobs that fit all that is named
`;

function selectorOf(values: OptionValues): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.keys(SELECTOR).flatMap((name) => {
      const text = textOption(values, name);
      return text === undefined ? [] : [[name, text]];
    }),
  );
}

function pauseLine({ pause_id, state, from, until }: PauseView): string {
  const begin = from === undefined ? '' : ` from ${momentText(from)}`;
  const end = until === undefined ? 'until it is resumed' : `until ${momentText(until)}`;
  return `${pause_id || 'everything'}: ${state}${begin}, ${end}\n`;
}

const pauseCommand = adminCommand({
  name: 'pause',
  summary: 'hold jobs back: of a stage, a type, a tenant, or all',
  usage: '--reason TEXT [--stage STAGE ...]',
  about: 'Jobs are accepted and keep their place; no attempt is counted. Workers follow\nwithin 2 s; what has begun ends as usual.',
  options: { ...SELECTOR, all: { type: 'boolean' }, reason: STRING, for: STRING, until: STRING, from: STRING },
  optionsHelp: `${SELECTOR_HELP}  --all              or all jobs
  --reason TEXT      why; jobline explain shows it to those whose jobs wait
  --for SPAN         ends by itself after 90s, 30m, 2h, 1d; default: when it is
                     ended by jobline resume
  --until AT         or at this moment, e.g. 2027-01-31T06:00:00Z
  --from AT          begins then; default: at once
`,
  examples: ['jobline pause --stage p1 --reason "the database is being moved" --for 1h'],
  ask(api, values) {
    const selector = selectorOf(values);
    if (Object.keys(selector).length > 0 === (values['all'] === true)) {
      throw new UsageError('pause needs --stage, --type or --tenant, or --all.');
    }
    const term = { for_seconds: spanOption(values, 'for'), until: textOption(values, 'until'), from: textOption(values, 'from') };
    return api.request<PauseView>('POST', '/admin/v1/pauses', { ...selector, reason: neededOption(values, 'reason'), ...term });
  },
  textOf: pauseLine,
});

const resumeCommand = adminCommand({
  name: 'resume',
  summary: 'end a pause',
  usage: 'PAUSE | --stage STAGE ...',
  words: ['PAUSE?'],
  about:
    'PAUSE is its id, as jobline pauses shows it. With options: the pause of just\nthat stage, type and tenant; with --all that of everything.',
  options: { ...SELECTOR, all: { type: 'boolean' } },
  optionsHelp: `${SELECTOR_HELP}  --all              the pause of all jobs\n`,
  examples: ['jobline resume --stage p1', 'jobline resume stage=p2,type=report'],
  async ask(api, values, [given]) {
    const selector = selectorOf(values);
    const isOne = [given !== undefined, Object.keys(selector).length > 0, values['all'] === true].filter(Boolean).length === 1;
    if (!isOne) throw new UsageError('resume needs one of: the id of a pause, options that name it, and --all.');
    const id = given ?? (await idOf(api.request<{ pauses: readonly PauseView[] }>('GET', '/admin/v1/pauses'), selector));
    await api.request('DELETE', `/admin/v1/pauses/${encodeURIComponent(id)}`);
    return { pause_id: id, ended: true };
  },
  textOf: ({ pause_id }) => `${pause_id} is ended\n`,
});

/** The pause of just these. @throws UsageError where there is none. */
async function idOf(
  asked: Promise<{ readonly pauses: readonly PauseView[] }>,
  selector: Readonly<Record<string, string>>,
): Promise<string> {
  const { pauses } = await asked;
  const isThis = (pause: object) => Object.keys(SELECTOR).every((name) => (pause as Record<string, unknown>)[name] === selector[name]);
  const found = pauses.find(isThis);
  if (found) return found.pause_id;
  const known = pauses.map(({ pause_id }) => pause_id).join('; ');
  throw new UsageError(`There is no such pause. ${known === '' ? 'There are none.' : `There are: ${known}.`}`);
}

const pausesCommand = adminCommand({
  name: 'pauses',
  summary: 'list pauses that have not ended',
  about: 'The id of a pause says what it is for.',
  examples: ['jobline pauses'],
  ask: (api) => api.request<{ pauses: readonly PauseView[] }>('GET', '/admin/v1/pauses'),
  textOf({ pauses }, terminal) {
    if (pauses.length === 0) return 'There are no pauses.\n';
    const rows = pauses.map(({ pause_id, state, until, by, reason }) => [pause_id, state, momentText(until), by, reason]);
    return tableOf([['pause', 'state', 'until', 'by', 'reason'], ...rows], terminal);
  },
});

interface StageView {
  readonly stage: string;
  readonly jobs: Readonly<Record<string, number>>;
  readonly control: readonly {
    readonly stage: string;
    readonly state: string;
    readonly workers: { readonly live: number; readonly slots: number; readonly slots_busy: number };
  }[];
  readonly lanes: readonly {
    readonly lane: string;
    readonly queues: readonly { readonly ready: number | null; readonly unacked: number | null }[];
  }[];
  readonly dead_letter_queues: readonly { readonly messages: number | null }[];
}

const sum = (counts: readonly (number | null)[]): string =>
  counts.includes(null) ? '?' : String(counts.reduce<number>((all, count) => all + (count ?? 0), 0));

const stagesCommand = adminCommand({
  name: 'stages',
  summary: 'jobs, messages and workers of each stage',
  about:
    'Jobs as the store counts them, messages as RabbitMQ does (? where it does not\nsay), slots of live workers as they report themselves.',
  examples: ['jobline stages'],
  ask: (api) => api.request<{ stages: readonly StageView[]; broker: string }>('GET', '/admin/v1/stages'),
  textOf({ stages }, terminal) {
    const rows = stages.map(({ stage, control, jobs, lanes, dead_letter_queues }) => {
      const [queues, live] = [lanes.flatMap((lane) => lane.queues), control.map(({ workers }) => workers)];
      const counts = Object.entries(jobs).map(([state, count]) => `${count} ${state}`);
      return [
        stage,
        [...new Set(control.map(({ state }) => state))].join(' '),
        `${sum(live.map(({ slots_busy }) => slots_busy))} of ${sum(live.map(({ slots }) => slots))}`,
        `${sum(queues.map(({ ready }) => ready))} + ${sum(queues.map(({ unacked }) => unacked))}`,
        sum(dead_letter_queues.map(({ messages }) => messages)),
        counts.join(', ') || 'none',
      ];
    });
    return tableOf([['stage', 'state', 'busy slots', 'ready + taken', 'dead', 'jobs'], ...rows], terminal);
  },
});

/** `jobline stages`, `pause`, `resume` and `pauses`. */
export const controlCommands: readonly Command[] = [stagesCommand, pauseCommand, resumeCommand, pausesCommand];
