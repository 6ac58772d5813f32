import { type Command, UsageError } from '../command.ts';
import { momentText } from '../moments.ts';
import { decimalOption, neededOption, STRING, textOption, wholeOption } from '../option-values.ts';
import { adminCommand } from '../question.ts';
import { factsOf, tableOf } from '../table.ts';

interface LimitView {
  readonly limit_id: string;
  readonly concurrency?: number;
  readonly starts_per_second?: number;
  readonly reason: string;
  readonly by: string;
  readonly created_at: string;
}

const ALL = '/admin/v1/limits';
const pathOf = (id: string): string => `${ALL}/${encodeURIComponent(id)}`;
const EXAMPLE = 'tenant=acme';
const OF_ONE = { usage: 'LIMIT', words: ['LIMIT'] } as const;

const numberText = (value: number | undefined): string => (value === undefined ? '-' : String(value));

function limitText({ limit_id, concurrency, starts_per_second, reason, by, created_at }: LimitView, terminal: object): string {
  const numbers = { 'at once': concurrency, 'starts a second': starts_per_second };
  return factsOf({ limit: limit_id, ...numbers, since: momentText(created_at), by, reason }, terminal);
}

const listCommand = adminCommand({
  name: 'limits list',
  summary: 'list limits of stages, tenants and concurrency keys',
  about: 'The id of a limit says what it is for.',
  examples: ['jobline limits list'],
  ask: (api) => api.request<{ limits: readonly LimitView[] }>('GET', ALL),
  textOf({ limits }, terminal) {
    if (limits.length === 0) return 'There are no limits.\n';
    const rows = limits.map(({ limit_id, concurrency, starts_per_second, by, reason }) => {
      return [limit_id, numberText(concurrency), numberText(starts_per_second), by, reason];
    });
    return tableOf([['limit', 'at once', 'starts/s', 'by', 'reason'], ...rows], terminal);
  },
});

const showCommand = adminCommand({
  ...OF_ONE,
  name: 'limits show',
  summary: 'show one limit',
  about: 'LIMIT is its id, as jobline limits list shows it.',
  examples: [`jobline limits show ${EXAMPLE}`],
  ask: (api, _, [id]) => api.request<LimitView>('GET', pathOf(id!)),
  textOf: limitText,
});

const setCommand = adminCommand({
  name: 'limits set',
  summary: 'set a limit, in place of one for the same jobs',
  usage: '--tenant TENANT | --stage STAGE ...',
  about: 'Workers follow within 2 s; what runs already ends as usual. Prints the limit.',
  options: { ...{ stage: STRING, tenant: STRING, key: STRING }, ...{ concurrency: STRING, 'starts-per-second': STRING, reason: STRING } },
  optionsHelp: `  --tenant TENANT    jobs of the tenant
  --key KEY          with --tenant: those with this concurrency key
  --stage STAGE      or: handlers in each worker process of the stage
  --concurrency N    so many run at once, 1 to 10000
  --starts-per-second R
                     so many begin a second, 0.01 to 10000
  --reason TEXT      why; jobline explain shows it to those whose jobs wait
`,
  examples: [
    `jobline limits set --tenant acme --concurrency 10 --reason "their database"`,
    'jobline limits set --tenant acme --starts-per-second 5 --reason "fair use"',
    'jobline limits set --stage p2 --starts-per-second 200 --reason "slow disk"',
  ],
  async ask(api, values) {
    const [stage, tenant, key] = [textOption(values, 'stage'), textOption(values, 'tenant'), textOption(values, 'key')];
    if ((stage === undefined) === (tenant === undefined)) throw new UsageError('limits set needs either --stage or --tenant.');
    const concurrency = wholeOption(values, 'concurrency', 1, 10_000);
    const rate = decimalOption(values, 'starts-per-second', 0.01, 10_000);
    const reason = neededOption(values, 'reason');
    return api.request<LimitView>('PUT', ALL, { stage, tenant, key, concurrency, starts_per_second: rate, reason });
  },
  textOf: limitText,
});

const deleteCommand = adminCommand({
  ...OF_ONE,
  name: 'limits delete',
  summary: 'end a limit',
  about: 'What waits because of it goes on within 2 s.',
  examples: [`jobline limits delete ${EXAMPLE}`],
  async ask(api, _, [id]) {
    await api.request('DELETE', pathOf(id!));
    return { limit_id: id!, ended: true };
  },
  textOf: ({ limit_id }) => `${limit_id} is ended\n`,
});

/** `jobline limits ...`. */
export const limitCommands: readonly Command[] = [listCommand, showCommand, setCommand, deleteCommand];
