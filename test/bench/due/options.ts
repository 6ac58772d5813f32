import { parseArgs } from 'node:util';
import { whole } from '../suite/option-values.ts';

/** How the benchmark is called. */
export const USAGE = `npm run bench:due -- [option ...]

Submits jobs whose run_at is one and the same second to the released services on servers of their own, waits for them, and holds the
starts in their records against that instant: how late the first, the median, the 99th percentile and the last start were; that none
started early, and that none ran twice.

--jobs <n>        jobs due at one instant (10000), 1 to 200000
--limit <ms>      the first start must come within this time (250), from 1
--schedulers <n>  scheduler processes (1), 1 to 8
--help            this`;

export interface DueOptions {
  readonly jobs: number;
  readonly limitMs: number;
  readonly schedulers: number;
  readonly isHelp: boolean;
}

function upTo(most: number, name: string, text: string): number {
  const value = whole(name, text);
  if (value > most) throw new Error(`--${name} is ${text}; it must be a whole number from 1 to ${most}.`);
  return value;
}

/** @throws Error saying which option is wrong, and what is allowed. */
export function parseOptions(args: readonly string[]): DueOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      jobs: { type: 'string', default: '10000' },
      limit: { type: 'string', default: '250' },
      schedulers: { type: 'string', default: '1' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  return {
    jobs: upTo(200_000, 'jobs', values.jobs),
    limitMs: whole('limit', values.limit),
    schedulers: upTo(8, 'schedulers', values.schedulers),
    isHelp: values.help,
  };
}
