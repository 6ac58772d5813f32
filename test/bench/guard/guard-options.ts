import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { projectRoot } from '../../../shared/runtime/project-root.ts';
import { whole } from '../suite/option-values.ts';
import { LEAST_ROUNDS } from './compare.ts';

/** How the guard is called. */
export const GUARD_USAGE = `npm run bench:guard -- [option ...]

Measures Jobline beside raw clients and BullMQ for two minutes and holds the ratios against test/bench/guard/baseline.json.
Exit code 0: no ratio is more than 40 % worse; 1: one is, or Jobline lost a job; 64: bad option; 75: not measured in time.

--rounds <n>          interleaved rounds a scenario, from 3 (5)
--update              writes the baseline from what is measured, instead of comparing
--limit <seconds>     after which nothing is compared (none)
--baseline <file>     another baseline (test/bench/guard/baseline.json)
--output <folder>     for guard.json, all figures (.jobline/bench)
--help                this`;

/** What was asked for. */
export interface GuardOptions {
  readonly rounds: number;
  readonly isUpdate: boolean;
  readonly limitSeconds: number | undefined;
  readonly baseline: string;
  readonly output: string;
  readonly isHelp: boolean;
}

const OPTIONS = {
  rounds: { type: 'string', default: '5' },
  update: { type: 'boolean', default: false },
  limit: { type: 'string' },
  baseline: { type: 'string', default: 'test/bench/guard/baseline.json' },
  output: { type: 'string', default: '.jobline/bench' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** @throws Error for what cannot be understood */
export function parseGuardOptions(args: readonly string[]): GuardOptions {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  return {
    rounds: whole('rounds', values.rounds, LEAST_ROUNDS),
    isUpdate: values.update,
    limitSeconds: values.limit === undefined ? undefined : whole('limit', values.limit),
    baseline: resolve(projectRoot(), values.baseline),
    output: resolve(projectRoot(), values.output),
    isHelp: values.help,
  };
}
