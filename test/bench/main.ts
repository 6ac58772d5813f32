import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CONTENDERS } from './contenders/catalogue.ts';
import { closingLine, judgeAll } from './report/bars.ts';
import { chart } from './report/chart.ts';
import { markdown, settingsText } from './report/markdown.ts';
import type { BenchResult, Described, Run } from './report/result.ts';
import { runApart } from './suite/apart.ts';
import type { Contender } from './suite/contender.ts';
import { describeMachine, revision } from './suite/machine.ts';
import { type BenchOptions, parseOptions, USAGE } from './suite/options.ts';
import { orExit } from './suite/or-exit.ts';
import { type Measurement, measurements } from './suite/order.ts';

const MEASURE = new URL('./measure.js', import.meta.url);

const described = ({ name, title, kind, durability, isDurable, reader, settings }: Contender): Described => {
  return { name, title, kind, durability, isDurable, reader, settings };
};

async function runOne({ contender, repeat, plan }: Measurement): Promise<Run> {
  const { answer, ended } = await runApart<Run>(MEASURE, { contender: contender.name, repeat, plan });
  return answer ?? { contender: contender.name, scenario: plan.scenario, repeat, error: ended };
}

function said({ contender, scenario, repeat, figures, verification, error }: Run): string {
  const name = `${scenario} ${repeat}, ${contender}`;
  if (error !== undefined || !figures || !verification) return `${name}: FAILED: ${error}`;
  const { jobs, jobsPerSecond, p50Ms, p95Ms, p99Ms } = figures;
  const latency = `p50 ${p50Ms?.toFixed(1)}, p95 ${p95Ms?.toFixed(1)}, p99 ${p99Ms?.toFixed(1)} ms`;
  const figure = jobsPerSecond === undefined ? latency : `${jobsPerSecond.toFixed(0)} jobs/s`;
  return `${name}: ${figure} (${jobs} jobs; ${verification.lost} lost, ${verification.doubled} doubled)`;
}

async function measureAll(options: BenchOptions): Promise<BenchResult> {
  const { jobs, warmUpJobs, perSecond, seconds, timeoutSeconds, repeats, output } = options;
  const runs: Run[] = [];
  const common = {
    schema: 1,
    startedAt: new Date().toISOString(),
    revision: revision(),
    options: { jobs, warmUpJobs, perSecond, seconds, timeoutSeconds, repeats },
    machine: describeMachine(),
    contenders: options.contenders.map(described),
  } as const;
  const soFar = (): BenchResult => ({ ...common, finishedAt: new Date().toISOString(), runs });
  mkdirSync(output, { recursive: true });
  for (const measurement of measurements(options)) {
    runs.push(await runOne(measurement));
    process.stdout.write(`${said(runs.at(-1)!)}\n`);
    // What was measured stays, should the rest not come to its end.
    writeFileSync(join(output, 'result.json'), `${JSON.stringify(soFar(), null, 2)}\n`);
  }
  return soFar();
}

/** @returns whether all bars that were measured are met */
function report(result: BenchResult, output: string): boolean {
  mkdirSync(output, { recursive: true });
  const bars = judgeAll(result);
  const text = markdown(result, bars, 'result.svg');
  writeFileSync(join(output, 'result.md'), text);
  writeFileSync(join(output, 'result.svg'), chart(result));
  process.stdout.write(`${text}\n${closingLine(bars)}\n`);
  return bars.every(({ verdict }) => verdict !== 'missed');
}

const options = orExit(USAGE, () => parseOptions(process.argv.slice(2), CONTENDERS));
if (options.isHelp) {
  process.stdout.write(`${USAGE}\n`);
} else if (options.isList) {
  process.stdout.write(`${settingsText(options.contenders.map(described))}\n`);
} else {
  const { from, output } = options;
  const read = () => (from === undefined ? undefined : (JSON.parse(readFileSync(from, 'utf8')) as BenchResult));
  const result = orExit(USAGE, read) ?? (await measureAll(options));
  if (!report(result, output)) process.exitCode = 1;
}
