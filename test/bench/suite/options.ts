import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { projectRoot } from '../../../shared/runtime/project-root.ts';
import { type Contender, SCENARIOS, type Scenario } from './contender.ts';
import { chosen, whole } from './option-values.ts';
import type { Plan } from './scenarios.ts';

/** How the bench is called. */
export const USAGE = `npm run bench -- [option ...]

--jobs <n>            jobs a throughput measurement (50000); slow contenders take a share of it
--repeats <n>         interleaved repeats (5)
--contenders <a,b>    some of them; --list shows all
--scenario <name>     batch, single or latency; may be repeated (all)
--rate <n>            jobs a second of the latency scenario (50)
--seconds <n>         its length (60)
--warm-up <n>         jobs before each measurement (1000; a tenth of a slow contender's)
--timeout <seconds>   after which a contender has failed (900)
--output <folder>     for result.json, result.md and result.svg (.jobline/bench)
--from <result.json>  measures nothing: makes table and picture of an earlier result anew
--list                shows the contenders with their settings
--help                this`;

/** What was asked for. */
export interface BenchOptions extends Omit<Plan, 'scenario'> {
  readonly repeats: number;
  readonly contenders: readonly Contender[];
  readonly scenarios: readonly Scenario[];
  readonly output: string;
  readonly from: string | undefined;
  readonly isList: boolean;
  readonly isHelp: boolean;
}

const OPTIONS = {
  jobs: { type: 'string', default: '50000' },
  repeats: { type: 'string', default: '5' },
  contenders: { type: 'string' },
  scenario: { type: 'string', multiple: true },
  rate: { type: 'string', default: '50' },
  seconds: { type: 'string', default: '60' },
  'warm-up': { type: 'string', default: '1000' },
  timeout: { type: 'string', default: '900' },
  output: { type: 'string', default: '.jobline/bench' },
  from: { type: 'string' },
  list: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** @throws Error for what cannot be understood */
export function parseOptions(args: readonly string[], all: readonly Contender[]): BenchOptions {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  return {
    jobs: whole('jobs', values.jobs),
    repeats: whole('repeats', values.repeats),
    warmUpJobs: whole('warm-up', values['warm-up'], 0),
    perSecond: whole('rate', values.rate),
    seconds: whole('seconds', values.seconds),
    timeoutSeconds: whole('timeout', values.timeout),
    contenders: chosen(values.contenders?.split(','), all, ({ name }) => name),
    scenarios: chosen(values.scenario, SCENARIOS, (name) => name),
    output: resolve(projectRoot(), values.output),
    from: values.from,
    isList: values.list,
    isHelp: values.help,
  };
}
