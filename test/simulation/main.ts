import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { type ProcessesResult, runInProcesses } from './run-in-processes.ts';
import { showSeed, showShrunk } from './show-failure.ts';

// npm run test:simulation -- [--schedules N] [--seconds N] [--from N] [--seed N] [--workers N] [--fault-free] [--keep-going]
// [--no-shrink] [--json] [--coverage]. Ends with `N schedules, N violations, N per minute`; exit code 1 on a violation.

const { values } = parseArgs({
  options: {
    schedules: { type: 'string' },
    seconds: { type: 'string' },
    /** First seed. */
    from: { type: 'string', default: '1' },
    /** Runs this one alone and prints all that happens. */
    seed: { type: 'string' },
    workers: { type: 'string' },
    'fault-free': { type: 'boolean', default: false },
    /** Does not end at the first failing schedule. */
    'keep-going': { type: 'boolean', default: false },
    'no-shrink': { type: 'boolean', default: false },
    /** One line of JSON instead of text. */
    json: { type: 'boolean', default: false },
    /** Says how often each transition was written. */
    coverage: { type: 'boolean', default: false },
  },
});
const DEFAULT_SECONDS = 60;
const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** @throws Error when it is not a whole number from 0. */
function whole(name: string, text: string): number {
  if (!/^\d{1,12}$/.test(text)) throw new Error(`--${name} must be a whole number, it is ${JSON.stringify(text)}`);
  return Number(text);
}

const isFaultFree = values['fault-free'];

async function runMany(): Promise<number> {
  const { schedules, seconds } = values;
  const result = await runInProcesses({
    from: whole('from', values.from),
    schedules: schedules === undefined ? Number.MAX_SAFE_INTEGER : whole('schedules', schedules),
    seconds: seconds === undefined ? (schedules === undefined ? DEFAULT_SECONDS : 86_400) : whole('seconds', seconds),
    workers: values.workers === undefined ? Math.min(availableParallelism(), 8) : whole('workers', values.workers),
    isFaultFree,
    isStoppedByFailure: !values['keep-going'],
  });
  const violations = result.failures.flatMap(({ seed, violations }) => violations.map((one) => ({ seed, ...one })));
  const perMinute = Math.round((result.schedules / result.seconds) * 60);
  if (values.json) print(JSON.stringify({ schedules: result.schedules, perMinute, violations }));
  else await tell(result, violations.length, perMinute);
  return violations.length;
}

async function tell(result: ProcessesResult, violations: number, perMinute: number): Promise<void> {
  const { failures, schedules, transitions, longestDrainMs } = result;
  for (const { seed, violations } of failures.slice(0, 20))
    for (const { rule, jobId, detail } of violations.slice(0, 5)) print(`seed ${seed}: ${rule} (job ${jobId || '-'}): ${detail}`);
  const [first] = failures;
  if (first && !values['no-shrink']) await showShrunk(first.seed, isFaultFree, print);
  if (first) print(`Again: npm run test:simulation -- --seed ${first.seed}${isFaultFree ? ' --fault-free' : ''}`);
  if (values.coverage) for (const [name, count] of Object.entries(transitions)) print(`${name.padEnd(20)} ${String(count).padStart(10)}`);
  if (values.coverage) print(`longest drain: ${longestDrainMs / 1_000} s of virtual time`);
  print(`${schedules} schedules, ${violations} violations, ${perMinute} per minute`);
}

const violations = values.seed === undefined ? await runMany() : await showSeed(whole('seed', values.seed), isFaultFree, print);
process.exit(violations > 0 ? 1 : 0);
