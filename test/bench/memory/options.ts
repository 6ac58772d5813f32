import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { projectRoot } from '../../../shared/runtime/project-root.ts';
import { whole } from '../suite/option-values.ts';

/** How the bench is called. */
export const USAGE = `npm run bench:memory -- [option ...]

--minutes <n>         how long jobs are submitted (10); fractions are allowed
--rate <n>            jobs a second, half of them one by one, half in batches; default: 60 % of what a probe of 10 s carries
--timeout <seconds>   for all jobs to end (600)
--output <folder>     for memory.json, memory.md and memory.svg (.jobline/bench)
--from <memory.json>  measures nothing: makes page and picture of an earlier result anew
--help                this`;

/** What was asked for. */
export interface MemoryOptions {
  readonly minutes: number;
  readonly perSecond: number | undefined;
  readonly timeoutSeconds: number;
  readonly output: string;
  readonly from: string | undefined;
  readonly isHelp: boolean;
}

const OPTIONS = {
  minutes: { type: 'string', default: '10' },
  rate: { type: 'string' },
  timeout: { type: 'string', default: '600' },
  output: { type: 'string', default: '.jobline/bench' },
  from: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

const [LEAST_MINUTES, MOST_MINUTES] = [0.2, 1_440];

function minutesOf(text: string): number {
  const minutes = Number(text);
  if (text !== '' && minutes >= LEAST_MINUTES && minutes <= MOST_MINUTES) return minutes;
  throw new Error(`--minutes is ${text}; it must be a number from ${LEAST_MINUTES} to ${MOST_MINUTES}.`);
}

/** @throws Error for what cannot be understood */
export function parseOptions(args: readonly string[]): MemoryOptions {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  return {
    minutes: minutesOf(values.minutes),
    perSecond: values.rate === undefined ? undefined : whole('rate', values.rate, 2),
    timeoutSeconds: whole('timeout', values.timeout),
    output: resolve(projectRoot(), values.output),
    from: values.from,
    isHelp: values.help,
  };
}
