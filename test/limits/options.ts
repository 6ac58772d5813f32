import { parseArgs } from 'node:util';
import { whole } from '../bench/suite/option-values.ts';

/** How the program is called. */
export const USAGE = `npm run test:limits -- [option ...]

Real services on servers of their own work jobs of concurrency keys with a limit of one, while workers and schedulers are killed with
SIGKILL. Each handler notes from when to when it was at work. Fails when two of a key overlap, or a job does not complete.

--keys <n>       concurrency keys (20), from 1
--jobs <n>       jobs of each key (20), from 1
--kills <n>      processes killed (20), from 0
--help           this`;

export interface LimitsOptions {
  readonly keys: number;
  readonly jobs: number;
  readonly kills: number;
  readonly isHelp: boolean;
}

/** @throws Error saying which option is wrong, and what is allowed. */
export function parseOptions(args: readonly string[]): LimitsOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      keys: { type: 'string', default: '20' },
      jobs: { type: 'string', default: '20' },
      kills: { type: 'string', default: '20' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  return {
    keys: whole('keys', values.keys),
    jobs: whole('jobs', values.jobs),
    kills: whole('kills', values.kills, 0),
    isHelp: values.help,
  };
}
