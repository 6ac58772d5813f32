import { availableParallelism } from 'node:os';
import { commandLine, wholeOrExit } from '../support/command-line.ts';
import { type ProcessesResult, runInProcesses } from './run-in-processes.ts';
import { showSeed, showShrunk } from './show-failure.ts';

const USAGE = `npm run test:simulation -- [option ...]

The engine in a simulated world: seeded schedules of faults, each held against the rules. Ends with "N schedules, N violations, N per
minute"; exit code 1 on a violation.

--seconds <n>     runs for so long (60)
--schedules <n>   runs so many instead
--from <seed>     seed of the first (1)
--seed <seed>     runs this one alone and prints all that happens
--workers <n>     processes (one a core, at most 8)
--fault-free      without faults
--keep-going      does not end at the first schedule that fails
--no-shrink       does not look for the shortest form of it
--json            one line of JSON instead of text
--coverage        how often each transition was written
--help            this`;

const { values } = commandLine({
  usage: USAGE,
  options: {
    schedules: { type: 'string' },
    seconds: { type: 'string' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    workers: { type: 'string' },
    'fault-free': { type: 'boolean', default: false },
    'keep-going': { type: 'boolean', default: false },
    'no-shrink': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    coverage: { type: 'boolean', default: false },
  },
});
const DEFAULT_SECONDS = 60;
const print = (line: string): void => void process.stdout.write(`${line}\n`);

const whole = (name: string, text: string): number => wholeOrExit(name, text, USAGE);

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
