import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lineChart } from '../report/line-chart.ts';
import { verdictLine } from '../report/verdicts.ts';
import { describeMachine, revision } from '../suite/machine.ts';
import { orExit } from '../suite/or-exit.ts';
import { judge } from './judge.ts';
import { measure } from './measure.ts';
import { type OverloadOptions, parseOptions, USAGE } from './options.ts';
import { overloadPage } from './report.ts';
import { figuresOf, type OverloadResult, pictureOf } from './result.ts';

const say = (line: string) => void process.stderr.write(`${line}\n`);

async function measured(options: OverloadOptions): Promise<OverloadResult> {
  const { seconds, factor, handlerMs } = options;
  const common = { schema: 1, startedAt: new Date().toISOString(), revision: revision(), machine: describeMachine() } as const;
  const evidence = await measure(options, say);
  const { drain, perSecond, maxWaitingJobs } = evidence;
  const seen = { figures: figuresOf(evidence), verdicts: judge(evidence), ...pictureOf(evidence) };
  return { ...common, options: { seconds, factor, handlerMs }, drain, perSecond, maxWaitingJobs, ...seen };
}

/** @returns whether all bars are met */
function report(result: OverloadResult, output: string): boolean {
  mkdirSync(output, { recursive: true });
  const page = overloadPage(result, 'overload.svg');
  writeFileSync(join(output, 'overload.json'), `${JSON.stringify(result)}\n`);
  writeFileSync(join(output, 'overload.md'), page);
  writeFileSync(join(output, 'overload.svg'), lineChart('Jobline under overload', result.panels, result.marks));
  process.stdout.write(`${page}\n${verdictLine(result.verdicts)}\n`);
  return result.verdicts.every(({ isMet }) => isMet);
}

const options = orExit(USAGE, () => parseOptions(process.argv.slice(2)));
if (options.isHelp) process.stdout.write(`${USAGE}\n`);
else {
  const { from, output } = options;
  const read = () => (from === undefined ? undefined : (JSON.parse(readFileSync(from, 'utf8')) as OverloadResult));
  const result = orExit(USAGE, read) ?? (await measured(options));
  if (!report(result, output)) process.exitCode = 1;
}
