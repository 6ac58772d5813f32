import { setTimeout as delay } from 'node:timers/promises';
import { ADMIN_OPTIONS, ADMIN_OPTIONS_HELP, type AdminApi, adminApi } from '../admin-api.ts';
import { type Command, ExitCode, type OptionValues, type Terminal, UsageError } from '../command.ts';
import { DEAD_LETTER_OPTIONS, DEAD_LETTER_OPTIONS_HELP, deadLetterFilterOf } from '../dead-letter-options.ts';
import { ageText } from '../moments.ts';
import { choiceOption, STRING, textOption, wholeOption } from '../option-values.ts';
import { printAnswer } from '../print.ts';
import { adminCommand, examplesHelp } from '../question.ts';
import { hasReplayEnded, outcomesText, type ReplayView, replayText } from '../replay-view.ts';
import { tableOf } from '../table.ts';

const LOOK_EVERY_MS = 500;
const OUTCOMES = ['pending', 'replayed', 'completed', 'failed', 'skipped'] as const;
const pathOf = (id: string): string => `/admin/v1/replays/${encodeURIComponent(id)}`;
const EXAMPLE_ID = '0193a5e0-7c1f-7000-8000-5b3d1c9a2f44';

const PLAN_OPTIONS = {
  ...DEAD_LETTER_OPTIONS,
  ...{ rate: STRING, ramp: STRING, 'max-failure-rate': STRING, 'step-timeout': STRING, note: STRING },
  'from-beginning': { type: 'boolean' },
} as const;

const PLAN_OPTIONS_HELP = `${DEAD_LETTER_OPTIONS_HELP}  --from-beginning   run every stage again; default: from the one that failed
  --rate N           jobs a second, 1 to 5000; default 100
  --ramp SHARES      rising percentages, the outcome of each is waited for;
                     default 1,5,20,100
  --max-failure-rate R
                     stop when this share failed again; default 0.1
  --step-timeout S   stop when a step has not ended after so many seconds;
                     default 600
  --note TEXT        why, for those who look later
`;

function numbers(name: string, text: string): readonly number[] {
  const all = text.split(',').map(Number);
  if (text.trim() === '' || all.some(Number.isNaN))
    throw new UsageError(`--${name} is ${JSON.stringify(text)}; it must be made of numbers.`);
  return all;
}

function planOf(values: OptionValues): object {
  const [ramp, failureRate] = [textOption(values, 'ramp'), textOption(values, 'max-failure-rate')];
  return {
    filter: deadLetterFilterOf(values),
    ...(values['from-beginning'] === true && { from: 'beginning' }),
    rate_per_second: wholeOption(values, 'rate', 1, 5_000),
    ramp_percent: ramp === undefined ? undefined : numbers('ramp', ramp),
    max_failure_rate: failureRate === undefined ? undefined : numbers('max-failure-rate', failureRate)[0],
    step_timeout_s: wholeOption(values, 'step-timeout', 1, 86_400),
    note: textOption(values, 'note'),
  };
}

const planCommand = adminCommand({
  name: 'dlq plan',
  summary: 'count what a replay would replay, and do nothing yet',
  usage: '[filter]',
  about: 'Prints the plan and the command that applies it. A plan is good for 15 minutes.\nOne job: jobline retry JOB.',
  options: PLAN_OPTIONS,
  optionsHelp: PLAN_OPTIONS_HELP,
  examples: ['jobline dlq plan --stage p1 --type report --note "disk was full"'],
  ask: (api, values) => api.request<ReplayView>('POST', '/admin/v1/replays', planOf(values)),
  textOf: (replay, terminal) =>
    `${replayText(replay, terminal)}\nTo replay them, the first step as a canary:\n  jobline dlq apply ${replay.replay_id} ${replay.digest ?? ''}\n`,
});

/** Shows how far it is until it has ended. A scheduler carries it out whether somebody looks or not. */
async function follow(api: AdminApi, id: string, { isTerminal, writeError }: Terminal): Promise<ReplayView> {
  for (let last = ''; ; ) {
    const replay = await api.request<ReplayView>('GET', pathOf(id));
    const line = `${replay.state}: ${outcomesText(replay)}`;
    if (isTerminal) writeError(`\r\u001b[K${line.slice(0, 79)}`);
    else if (line !== last) writeError(`${line}\n`);
    last = line;
    if (hasReplayEnded(replay)) {
      if (isTerminal) writeError('\r\u001b[K');
      return replay;
    }
    await delay(LOOK_EVERY_MS);
  }
}

async function finish(api: AdminApi, id: string, values: OptionValues, terminal: Terminal): Promise<number> {
  const replay = await follow(api, id, terminal);
  printAnswer(replay, () => replayText(replay, terminal), values, terminal);
  return replay.state === 'done' ? ExitCode.done : ExitCode.jobFailed;
}

const FOLLOW_HELP = `  --no-wait          do not follow it to its end
${ADMIN_OPTIONS_HELP}
Exit code: 0 done, 1 it stopped or was aborted, 2 it could not be done,
           64 wrong use, 69 no answer or not now, 77 not allowed.
`;

const applyCommand: Command = {
  name: 'dlq apply',
  summary: 'replay what was planned: a canary first, then ever larger steps',
  help: `Usage: jobline dlq apply REPLAY DIGEST [--no-wait] [options]

The digest stands for the plan that was looked at: dlq plan prints it. Each step
begins when the one before has gone well; with too many failures it stops by
itself. It goes on when this command is ended: jobline dlq abort ends it.

${FOLLOW_HELP}${examplesHelp([`jobline dlq apply ${EXAMPLE_ID} "$DIGEST"`])}`,
  options: { ...ADMIN_OPTIONS, 'no-wait': { type: 'boolean' } },
  words: ['REPLAY', 'DIGEST'],
  async run(values, terminal, [id, digest]) {
    const api = adminApi(values, terminal);
    const replay = await api.request<ReplayView>('POST', `${pathOf(id!)}/apply`, { digest });
    if (values['no-wait'] !== true) return finish(api, id!, values, terminal);
    return printAnswer(replay, () => replayText(replay, terminal), values, terminal);
  },
};

const replayCommand: Command = {
  name: 'dlq replay',
  summary: 'plan and apply in one, and follow it to its end',
  help: `Usage: jobline dlq replay [filter] [--no-wait] [options]

As dlq plan and dlq apply, for those who know what they replay.

${PLAN_OPTIONS_HELP}${FOLLOW_HELP}${examplesHelp(['jobline dlq replay --stage p1 --failed-from 2026-01-01T00:00:00Z --ramp 10,100'])}`,
  options: { ...ADMIN_OPTIONS, ...PLAN_OPTIONS, 'no-wait': { type: 'boolean' } },
  async run(values, terminal) {
    const api = adminApi(values, terminal);
    const { replay_id: id, digest } = await api.request<ReplayView>('POST', '/admin/v1/replays', planOf(values));
    const replay = await api.request<ReplayView>('POST', `${pathOf(id)}/apply`, { digest });
    if (values['no-wait'] !== true) return finish(api, id, values, terminal);
    return printAnswer(replay, () => replayText(replay, terminal), values, terminal);
  },
};

const abortCommand = adminCommand({
  name: 'dlq abort',
  summary: 'end a replay; what was replayed by then runs on',
  usage: 'REPLAY',
  words: ['REPLAY'],
  about: 'Within a second nothing more is replayed. It is not taken up again: plan anew.',
  examples: [`jobline dlq abort ${EXAMPLE_ID}`],
  ask: (api, _, [id]) => api.request<ReplayView>('POST', `${pathOf(id!)}/abort`),
  textOf: replayText,
});

const listCommand = adminCommand({
  name: 'dlq replays',
  summary: 'list replays, newest first, or show one',
  usage: '[REPLAY]',
  words: ['REPLAY?'],
  about: 'Replays are kept for 30 days.',
  examples: ['jobline dlq replays', `jobline dlq replays ${EXAMPLE_ID}`],
  ask: (api, _, [id]) =>
    api.request<ReplayView | { replays: readonly ReplayView[] }>('GET', id === undefined ? '/admin/v1/replays' : pathOf(id)),
  textOf(answer, terminal) {
    if (!('replays' in answer)) return replayText(answer, terminal);
    if (answer.replays.length === 0) return 'There are no replays.\n';
    const rows = answer.replays.map((one) => [
      one.replay_id,
      one.state,
      String(one.total ?? one.planned),
      ageText(one.planned_at),
      outcomesText(one),
    ]);
    return tableOf([['replay', 'state', 'jobs', 'age', 'outcomes'], ...rows], terminal);
  },
});

const itemsCommand = adminCommand({
  name: 'dlq items',
  summary: 'list the jobs of a replay and what became of them',
  usage: 'REPLAY',
  words: ['REPLAY'],
  about: 'The first 1,000.',
  options: { outcome: STRING },
  optionsHelp: `  --outcome OUTCOME  ${OUTCOMES.join(', ')}\n`,
  examples: [`jobline dlq items ${EXAMPLE_ID} --outcome failed`],
  ask(api, values, [id]) {
    const outcome = choiceOption(values, 'outcome', OUTCOMES);
    const query = new URLSearchParams({ limit: '1000', ...(outcome && { outcome }) });
    return api.request<{ items: readonly { job_id: string; outcome: string }[] }>('GET', `${pathOf(id!)}/items?${query}`);
  },
  textOf({ items }, terminal) {
    if (items.length === 0) return 'There are no such jobs.\n';
    return tableOf([['job', 'outcome', ''], ...items.map(({ job_id, outcome }) => [job_id, outcome, ''])], terminal);
  },
});

/** `jobline dlq plan`, `apply`, `replay`, `abort`, `replays` and `items`: dead letters that run again. */
export const replayCommands: readonly Command[] = [planCommand, applyCommand, replayCommand, abortCommand, listCommand, itemsCommand];
