import { parseArgs } from 'node:util';
import { localServers } from '../support/local-stack.ts';
import { runTierA, TIER_A } from './tier-a.ts';
import { runTierB } from './tier-b.ts';

const USAGE = `npm run test:chaos -- [--tier a] [--group <name>]... [--json]
npm run test:chaos -- --tier b [--minutes <n>] [--seed <n>] [--jobs <n>]

Tier A: directed faults, each at its place; groups: ${TIER_A.map(({ group }) => group).join(', ')}. Tier B: all faults at once, under load.`;

const startedAtMs = performance.now();

function say(line: string): void {
  const seconds = ((performance.now() - startedAtMs) / 1_000).toFixed(1);
  process.stdout.write(`${seconds.padStart(7)} s  ${line}\n`);
}

function parsed() {
  const options = {
    tier: { type: 'string', default: 'a' },
    group: { type: 'string', multiple: true },
    minutes: { type: 'string' },
    seed: { type: 'string' },
    jobs: { type: 'string' },
    json: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  } as const;
  const { values } = parseArgs({ options });
  const numbers = [values.minutes, values.seed, values.jobs];
  const isWrong =
    !['a', 'b'].includes(values.tier) ||
    numbers.some((text) => text !== undefined && !(Number(text) >= 0)) ||
    values.group?.some((name) => !TIER_A.some(({ group }) => group === name));
  if (isWrong) throw new Error('These options are not known, or their values are not right.');
  return values;
}

function readArguments(): ReturnType<typeof parsed> {
  try {
    return parsed();
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${USAGE}\n`);
    process.exit(64);
  }
}

/** Servers for all systems of tier A; inside a test run there are some already. */
async function withServers<T>(run: () => Promise<T>): Promise<T> {
  const { startServers } = await localServers();
  const servers = await startServers({ temporary: true, env: {} });
  process.env['JOBLINE_TEST_RABBITMQ_URL'] = servers.rabbitmq.url;
  process.env['JOBLINE_TEST_MANAGEMENT_URL'] = servers.rabbitmq.managementUrl!;
  process.env['JOBLINE_TEST_MONGODB_URL'] = servers.mongodb.url;
  try {
    return await run();
  } finally {
    await servers.stop();
  }
}

const { tier, group, minutes, seed, jobs, json, help } = readArguments();
if (help) {
  process.stdout.write(`${USAGE}\n`);
  process.exit(0);
}
const numberOf = <K extends string>(key: K, text: string | undefined) => (text === undefined ? {} : { [key]: Number(text) });
const isA = tier === 'a';
const { verdict, failed, late } = isA
  ? await withServers(() => runTierA({ say, only: group }))
  : {
      ...(await runTierB({ ...numberOf('minutes', minutes), ...numberOf('seed', seed), ...numberOf('jobs', jobs) }, say)),
      failed: [],
      late: [],
    };
for (const name of failed) process.stdout.write(`not done: ${name}\n`);
for (const name of late) process.stdout.write(`not drained within a minute: ${name}\n`);
process.stdout.write(`${verdict.lines.join('\n')}\n`);
if (json) {
  const drained = late.map((name) => ({ rule: 'drained: nothing is open a minute after the last fault', jobId: '', detail: name }));
  process.stdout.write(`${JSON.stringify({ violations: [...verdict.violations, ...drained] })}\n`);
}
process.exit(verdict.isGood && failed.length + late.length === 0 ? 0 : 1);
