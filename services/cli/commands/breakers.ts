import type { Command } from '../command.ts';
import { ageText, momentText } from '../moments.ts';
import { neededOption, STRING, spanOption, textOption } from '../option-values.ts';
import { adminCommand } from '../question.ts';
import { factsOf, tableOf } from '../table.ts';

interface BreakerView {
  readonly breaker_id: string;
  readonly state: string;
  readonly since: string | null;
  readonly reason: string | null;
  readonly by?: string;
  readonly until?: string;
  readonly next_probe_at?: string;
  readonly failures: number;
  readonly trips: number;
  readonly needed_by: readonly { readonly type: string; readonly stage: string }[];
}

interface WithHistory extends BreakerView {
  readonly history: readonly {
    readonly at: string;
    readonly to: string;
    readonly reason: string;
    readonly by?: string;
    readonly until?: string;
  }[];
}

const ALL = '/admin/v1/breakers';
const EXAMPLE = 'api.example.com';

const neededText = ({ needed_by }: BreakerView): string => needed_by.map(({ type, stage }) => `${type} at ${stage}`).join(', ') || '-';

function breakerText(breaker: BreakerView, terminal: object): string {
  const { breaker_id, state, since, reason, by, until, next_probe_at, failures, trips } = breaker;
  const facts = {
    breaker: breaker_id,
    state: since === null ? state : `${state} since ${momentText(since)}`,
    until: until && momentText(until),
    'next probe': next_probe_at && momentText(next_probe_at),
    reason: reason ?? undefined,
    by,
    failures,
    trips,
    'needed by': neededText(breaker),
  };
  return factsOf(facts, terminal);
}

const listCommand = adminCommand({
  name: 'breakers list',
  summary: 'list the hosts that jobs need, and whether they are asked',
  about: 'closed: it is asked; open: its jobs wait; half_open: one job asks it now.',
  examples: ['jobline breakers list'],
  ask: (api) => api.request<{ breakers: readonly BreakerView[] }>('GET', ALL),
  textOf({ breakers }, terminal) {
    if (breakers.length === 0) return 'No job type needs a host.\n';
    const rows = breakers.map(({ breaker_id, state, since, trips, reason }) => {
      return [breaker_id, state, ageText(since ?? undefined), String(trips), reason ?? '-'];
    });
    return tableOf([['breaker', 'state', 'since', 'trips', 'reason'], ...rows], terminal);
  },
});

const showCommand = adminCommand({
  name: 'breakers show',
  summary: 'show one breaker with its history',
  usage: 'HOST',
  words: ['HOST'],
  about: 'HOST as jobline breakers list shows it, with its port where it is unusual.\nThe last 50 changes, the newest first.',
  examples: [`jobline breakers show ${EXAMPLE}`],
  ask: (api, _, [id]) => api.request<WithHistory>('GET', `${ALL}/${encodeURIComponent(id!)}`),
  textOf(breaker, terminal) {
    const rows = breaker.history.map(({ at, to, by = 'itself', reason }) => [momentText(at), to, by, reason]);
    const history = rows.length === 0 ? '' : `\n${tableOf([['at', 'to', 'by', 'reason'], ...rows], terminal)}`;
    return `${breakerText(breaker, terminal)}${history}`;
  },
});

function setCommand(
  how: 'open' | 'close',
  about: string,
  rest: { readonly summary: string; readonly untilHelp: string; readonly example: string },
): Command {
  return adminCommand({
    name: `breakers ${how}`,
    summary: rest.summary,
    usage: 'HOST --reason TEXT',
    words: ['HOST'],
    about,
    options: { reason: STRING, for: STRING, until: STRING },
    optionsHelp: `  --reason TEXT      why; jobline explain shows it to those whose jobs wait
  --for SPAN         for 90s, 30m, 2h, 1d; default: ${rest.untilHelp}
  --until AT         or up to this moment, e.g. 2027-01-31T06:00:00Z
`,
    examples: [`jobline breakers ${how} ${EXAMPLE} ${rest.example}`],
    ask(api, values, [id]) {
      const term = { for_seconds: spanOption(values, 'for'), until: textOption(values, 'until') };
      return api.request<BreakerView>('POST', `${ALL}/${encodeURIComponent(id!)}/${how}`, {
        reason: neededOption(values, 'reason'),
        ...term,
      });
    },
    textOf: breakerText,
  });
}

const openCommand = setCommand(
  'open',
  'Its jobs wait, and no attempt is counted. Workers follow within 2 s. When its\ntime is over, one job probes whether it is well.',
  { summary: 'ask a host nothing: its jobs wait', untilHelp: 'until it is closed', example: '--reason "it is moved" --for 1h' },
);

const closeCommand = setCommand(
  'close',
  'Without an end it opens again by failures; up to its end it stays closed\nwhatever fails, and failures are attempts.',
  { summary: 'ask a host again', untilHelp: 'until it fails again', example: '--reason "it is well"' },
);

/** `jobline breakers ...`. */
export const breakerCommands: readonly Command[] = [listCommand, showCommand, openCommand, closeCommand];
