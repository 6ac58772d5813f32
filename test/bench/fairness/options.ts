import { parseArgs } from 'node:util';
import { ASKED_LANES, type AskedLane } from '../../../shared/domain/job.ts';
import { whole } from '../suite/option-values.ts';

/** How the benchmark is called. */
export const USAGE = `npm run bench:fairness -- [option ...]

Starts the released services with API keys on servers of their own. One tenant submits jobs until so many of its jobs are queued; then
other tenants come, one after the other, each with its first job in the same lane. Measured is how long each of these waited for its
start at both stages, by the times in its record.

--jobs <n>         jobs of the one tenant that are queued (100000), 100 to 400000
--tenants <n>      tenants that come after it (20), 1 to 200
--lane <name>      lane of all jobs: ${ASKED_LANES.join(', ')} (standard)
--handler-ms <n>   how long each stage takes (20), 1 to 10000
--limit <ms>       no first job may wait longer for its start (2000), from 1
--share <n>        TENANT_LANE_SHARE (20); 0: without, to see the difference
--help             this`;

export interface FairnessOptions {
  readonly jobs: number;
  readonly tenants: number;
  readonly lane: AskedLane;
  readonly handlerMs: number;
  readonly limitMs: number;
  readonly share: number;
  readonly isHelp: boolean;
}

function within(name: string, text: string, least: number, most: number): number {
  const value = whole(name, text, least);
  if (value > most) throw new Error(`--${name} is ${text}; it must be a whole number from ${least} to ${most}.`);
  return value;
}

function laneOf(text: string): AskedLane {
  const lane = ASKED_LANES.find((one) => one === text);
  if (lane) return lane;
  throw new Error(`--lane is ${text}; it must be one of ${ASKED_LANES.join(', ')}.`);
}

/** @throws Error saying which option is wrong, and what is allowed. */
export function parseOptions(args: readonly string[]): FairnessOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      jobs: { type: 'string', default: '100000' },
      tenants: { type: 'string', default: '20' },
      lane: { type: 'string', default: 'standard' },
      'handler-ms': { type: 'string', default: '20' },
      limit: { type: 'string', default: '2000' },
      share: { type: 'string', default: '20' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  return {
    jobs: within('jobs', values.jobs, 100, 400_000),
    tenants: within('tenants', values.tenants, 1, 200),
    lane: laneOf(values.lane),
    handlerMs: within('handler-ms', values['handler-ms'], 1, 10_000),
    limitMs: whole('limit', values.limit),
    share: within('share', values.share, 0, 1_000_000),
    isHelp: values.help,
  };
}
