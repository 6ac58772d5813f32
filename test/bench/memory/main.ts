import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lineChart } from '../report/line-chart.ts';
import { memoryPanel } from '../report/memory-panel.ts';
import { verdictLine } from '../report/verdicts.ts';
import { describeMachine, revision } from '../suite/machine.ts';
import { orExit } from '../suite/or-exit.ts';
import { judge } from './judge.ts';
import { measure } from './measure.ts';
import { type MemoryOptions, parseOptions, USAGE } from './options.ts';
import { type MemoryResult, memoryPage } from './report.ts';

async function measured(options: MemoryOptions): Promise<MemoryResult> {
  const common = { schema: 1, startedAt: new Date().toISOString(), revision: revision(), machine: describeMachine() } as const;
  const evidence = await measure(options, (line) => void process.stderr.write(`${line}\n`));
  const { perSecond, jobs, versions, memory, startMs } = evidence;
  const panels = [memoryPanel(memory, (atMs) => (atMs - startMs) / 1_000)];
  return { ...common, minutes: options.minutes, perSecond, jobs, versions, verdicts: judge(evidence), panels };
}

/** @returns whether all bars are met */
function report(result: MemoryResult, output: string): boolean {
  mkdirSync(output, { recursive: true });
  const page = memoryPage(result, 'memory.svg');
  writeFileSync(join(output, 'memory.json'), `${JSON.stringify(result)}\n`);
  writeFileSync(join(output, 'memory.md'), page);
  writeFileSync(join(output, 'memory.svg'), lineChart('Resident memory of Jobline', result.panels, []));
  process.stdout.write(`${page}\n${verdictLine(result.verdicts)}\n`);
  return result.verdicts.every(({ isMet }) => isMet);
}

const options = orExit(USAGE, () => parseOptions(process.argv.slice(2)));
if (options.isHelp) process.stdout.write(`${USAGE}\n`);
else {
  const { from, output } = options;
  const read = () => (from === undefined ? undefined : (JSON.parse(readFileSync(from, 'utf8')) as MemoryResult));
  const result = orExit(USAGE, read) ?? (await measured(options));
  if (!report(result, output)) process.exitCode = 1;
}
