import type { ListedSchedule, Schedule, SchedulePreview } from '../../../shared/client/index.ts';
import { type Command, type Terminal, UsageError } from '../command.ts';
import { momentText } from '../moments.ts';
import { STRING, textOption, wholeOption } from '../option-values.ts';
import { apiCommand } from '../question.ts';
import { SCHEDULE_OPTIONS, SCHEDULE_OPTIONS_HELP, scheduleFieldsOf } from '../schedule-fields.ts';
import { factsOf, tableOf } from '../table.ts';

const ID = '0193a5e0-7c1f-7000-8000-5b3d1c9a2f44';
const OF_ONE = { usage: 'SCHEDULE', words: ['SCHEDULE'] } as const;
const MOST_LISTED = 1_000;

function scheduleText(schedule: Schedule, terminal: Terminal): string {
  const { schedule_id, name, state, words, cron, interval_seconds, time_zone, job, catch_up, overlap, paused_until } = schedule;
  const facts = {
    schedule: schedule_id,
    name,
    state: paused_until === undefined ? state : `${state} until ${momentText(paused_until)}`,
    ticks: `${words} (${cron ?? `each ${interval_seconds} s`}, ${time_zone})`,
    'start at': schedule.start_at && momentText(schedule.start_at),
    'end at': schedule.end_at && momentText(schedule.end_at),
    job: `${job.type}, lane ${job.lane ?? 'standard'}`,
    'catch up': catch_up.policy,
    overlap,
  };
  return factsOf(facts, terminal);
}

function previewText({ words, runs, warnings }: SchedulePreview, terminal: Terminal): string {
  const rows = runs.map(({ scheduled_at, local, warning = '' }) => [momentText(scheduled_at), local, warning]);
  const table = runs.length === 0 ? 'There are no more runs.\n' : tableOf([['at', 'clocks there', ''], ...rows], terminal);
  const changes = warnings.length === 0 ? '' : `\n${tableOf([[warnings[0]!], ...warnings.slice(1).map((one) => [one])], terminal)}`;
  return `${words}\n\n${table}${changes}`;
}

const listCommand = apiCommand({
  name: 'schedules list',
  summary: 'list schedules, newest first',
  about: 'With --json an array.',
  examples: ['jobline schedules list'],
  async ask(client) {
    const found: ListedSchedule[] = [];
    for await (const one of client.schedules.list()) if (found.push(one) === MOST_LISTED) break;
    return found;
  },
  textOf(schedules, terminal) {
    if (schedules.length === 0) return 'There are no schedules.\n';
    const rows = schedules.map(({ schedule_id, state, next_tick_at, name }) => [schedule_id, state, momentText(next_tick_at), name]);
    return tableOf([['schedule', 'state', 'next', 'name'], ...rows], terminal);
  },
});

const showCommand = apiCommand({
  ...OF_ONE,
  name: 'schedules show',
  summary: 'show one schedule',
  about: 'Prints when it ticks and what it makes; with --json the whole of it.',
  examples: [`jobline schedules show ${ID}`],
  ask: (client, _, [id]) => client.schedules.get(id!),
  textOf: scheduleText,
});

const createCommand = apiCommand({
  name: 'schedules create',
  summary: 'make a schedule: cron expression or interval, and a job',
  usage: '--file FILE | --cron CRON ...',
  about: 'Prints the schedule as it is stored.',
  options: { ...SCHEDULE_OPTIONS, key: STRING },
  optionsHelp: `${SCHEDULE_OPTIONS_HELP}  --key KEY          idempotency key: the same again is the same schedule\n`,
  examples: [
    'jobline schedules create --name nightly --cron \'30 2 * * *\' \\\n    --zone Europe/Berlin --type report \\\n    --input \'{"rows": [{"city": "Oslo", "sold": 12}]}\'',
    'jobline schedules create --file schedule.json --key nightly-sales',
  ],
  ask(client, values) {
    const key = textOption(values, 'key');
    return client.schedules.create(scheduleFieldsOf(values), key === undefined ? {} : { idempotency_key: key });
  },
  textOf: scheduleText,
});

const previewCommand = apiCommand({
  name: 'schedules preview',
  summary: 'the next runs, with what changes of the clocks do',
  usage: 'SCHEDULE | --cron CRON ...',
  words: ['SCHEDULE?'],
  about: 'Of a schedule that there is, or of one that options say; nothing is stored.',
  options: { ...SCHEDULE_OPTIONS, count: STRING, after: STRING },
  optionsHelp: `  --count N          so many runs, 1 to 200; default 10
  --after AT         those after this moment; default: now
${SCHEDULE_OPTIONS_HELP}`,
  examples: [
    `jobline schedules preview ${ID} --count 3`,
    "jobline schedules preview --cron '30 2 * * *' --zone Europe/Berlin \\\n    --after 2027-03-26T00:00:00Z",
  ],
  ask(client, values, [id]) {
    const after = textOption(values, 'after');
    const options = { count: wholeOption(values, 'count', 1, 200) ?? 10, ...(after !== undefined && { after }) };
    if (id !== undefined) return client.schedules.preview(id, options);
    // When it ticks does not depend on its job.
    const whole = values['file'] === undefined ? { name: 'preview', type: 'report', input: '{"rows": [{"a": 1}]}', ...values } : values;
    return client.schedules.preview(scheduleFieldsOf(whole), options);
  },
  textOf: previewText,
});

const pauseCommand = apiCommand({
  ...OF_ONE,
  name: 'schedules pause',
  summary: 'skip its ticks from now on',
  about: 'Ticks of that time are in the ledger as skipped, and are not made up for.',
  options: { until: STRING },
  optionsHelp: '  --until AT         ends by itself then; default: when it is resumed\n',
  examples: [`jobline schedules pause ${ID}`],
  ask(client, values, [id]) {
    const until = textOption(values, 'until');
    return client.schedules.pause(id!, until === undefined ? {} : { until });
  },
  textOf: scheduleText,
});

const resumeCommand = apiCommand({
  ...OF_ONE,
  name: 'schedules resume',
  summary: 'end a pause',
  about: 'It ticks again from now on. Repeating it is harmless.',
  examples: [`jobline schedules resume ${ID}`],
  ask: (client, _, [id]) => client.schedules.resume(id!),
  textOf: scheduleText,
});

const runCommand = apiCommand({
  ...OF_ONE,
  name: 'schedules run',
  summary: 'make one job of it now',
  about: 'Whatever its policies say. Prints the id of the job.',
  options: { key: STRING },
  optionsHelp: '  --key KEY          idempotency key: the same again is the same run\n',
  examples: [`jobline schedules run ${ID}`],
  ask(client, values, [id]) {
    const key = textOption(values, 'key');
    return client.schedules.run(id!, key === undefined ? {} : { idempotency_key: key });
  },
  textOf: ({ job_id, state, reason, detail }) =>
    job_id === undefined ? `${[state, reason, detail].filter(Boolean).join(': ')}\n` : `${job_id}\n`,
});

const backfillCommand = apiCommand({
  ...OF_ONE,
  name: 'schedules backfill',
  summary: 'make the jobs of past instants that have none',
  usage: 'SCHEDULE --from AT --until AT',
  about: 'Up to 1,000 instants at once; it says when there are more.',
  options: { from: STRING, until: STRING },
  optionsHelp: `  --from AT          the first instant, e.g. 2027-01-31T06:00:00Z
  --until AT         the first instant that is not looked at, at most now
`,
  examples: [`jobline schedules backfill ${ID} \\\n    --from 2026-01-01T00:00:00Z --until 2026-01-03T00:00:00Z`],
  async ask(client, values, [id]) {
    const [from, until] = [textOption(values, 'from'), textOption(values, 'until')];
    if (from === undefined || until === undefined) throw new UsageError('schedules backfill needs --from and --until.');
    return client.schedules.backfill(id!, { from, until });
  },
  textOf({ runs, already_run, is_more, last_at }) {
    const more = is_more ? `; there are more: go on after ${last_at}` : '';
    return `${runs} to run, ${already_run} had run already${more}\n`;
  },
});

const ticksCommand = apiCommand({
  ...OF_ONE,
  name: 'schedules ticks',
  summary: 'its ledger: each tick, its job, or why there is none',
  about: 'The newest instant first.',
  options: { limit: STRING, state: STRING },
  optionsHelp: `  --limit N          at most so many, 1 to 10000; default 20
  --state STATE      due, waiting, submitted, skipped or failed
`,
  examples: [`jobline schedules ticks ${ID} --limit 5`],
  async ask(client, values, [id]) {
    const [limit, state] = [wholeOption(values, 'limit', 1, 10_000) ?? 20, tickState(textOption(values, 'state'))];
    const found = [];
    for await (const tick of client.schedules.ticks(id!, { ...(state && { state }) })) if (found.push(tick) === limit) break;
    return found;
  },
  textOf(ticks, terminal) {
    if (ticks.length === 0) return 'There are no such ticks.\n';
    const rows = ticks.map(({ scheduled_at, kind, state, job_id, reason = '', detail = '' }) => {
      return [momentText(scheduled_at), kind, state, job_id ?? [reason, detail].filter(Boolean).join(': ')];
    });
    return tableOf([['at', 'kind', 'state', 'job, or why not'], ...rows], terminal);
  },
});

function tickState(text: string | undefined) {
  const states = ['due', 'waiting', 'submitted', 'skipped', 'failed'] as const;
  const found = states.find((one) => one === text);
  if (text !== undefined && !found) throw new UsageError(`--state must be one of ${states.join(', ')}.`);
  return found;
}

const deleteCommand = apiCommand({
  ...OF_ONE,
  name: 'schedules delete',
  summary: 'remove a schedule with its ledger; its jobs stay',
  about: 'There is no way back: pause it to keep it.',
  examples: [`jobline schedules delete ${ID}`],
  async ask(client, _, [id]) {
    await client.schedules.delete(id!);
    return { schedule_id: id!, deleted: true };
  },
  textOf: ({ schedule_id }) => `${schedule_id} is removed\n`,
});

/** `jobline schedules ...`. */
export const scheduleCommands: readonly Command[] = [
  ...[listCommand, showCommand, createCommand, previewCommand, pauseCommand, resumeCommand],
  ...[runCommand, backfillCommand, ticksCommand, deleteCommand],
];
