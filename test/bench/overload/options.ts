import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { projectRoot } from '../../../shared/runtime/project-root.ts';
import { whole } from '../suite/option-values.ts';

/** How the bench is called. */
export const USAGE = `npm run bench:overload -- [option ...]

--seconds <n>         how long submissions come (60)
--factor <n>          times the rate at which jobs are worked off (3)
--drain-seconds <n>   how long that rate is measured before (15)
--waiting <n>         MAX_WAITING_JOBS; default: so that the bound is reached after 2/5 of the time
--handler-ms <n>      how long each of the two stages takes (5)
--timeout <seconds>   for all accepted jobs to end (600)
--output <folder>     for overload.json, overload.md and overload.svg (.jobline/bench)
--from <overload.json>  measures nothing: makes page and picture of an earlier result anew
--help                this`;

/** What was asked for. */
export interface OverloadOptions {
  readonly seconds: number;
  readonly factor: number;
  readonly drainSeconds: number;
  readonly waiting: number | undefined;
  readonly handlerMs: number;
  readonly timeoutSeconds: number;
  readonly output: string;
  readonly from: string | undefined;
  readonly isHelp: boolean;
}

const OPTIONS = {
  seconds: { type: 'string', default: '60' },
  factor: { type: 'string', default: '3' },
  'drain-seconds': { type: 'string', default: '15' },
  waiting: { type: 'string' },
  'handler-ms': { type: 'string', default: '5' },
  timeout: { type: 'string', default: '600' },
  output: { type: 'string', default: '.jobline/bench' },
  from: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

const LEAST_FACTOR = 1.5;
const MOST_FACTOR = 10;

function factorOf(text: string): number {
  const factor = Number(text);
  if (text !== '' && factor >= LEAST_FACTOR && factor <= MOST_FACTOR) return factor;
  throw new Error(`--factor is ${text}; it must be a number from ${LEAST_FACTOR} to ${MOST_FACTOR}.`);
}

/** @throws Error for what cannot be understood */
export function parseOptions(args: readonly string[]): OverloadOptions {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  return {
    seconds: whole('seconds', values.seconds, 5),
    factor: factorOf(values.factor),
    drainSeconds: whole('drain-seconds', values['drain-seconds']),
    waiting: values.waiting === undefined ? undefined : whole('waiting', values.waiting),
    handlerMs: whole('handler-ms', values['handler-ms'], 0),
    timeoutSeconds: whole('timeout', values.timeout),
    output: resolve(projectRoot(), values.output),
    from: values.from,
    isHelp: values.help,
  };
}
