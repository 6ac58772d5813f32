import { lineChart } from '../report/line-chart.ts';
import { memoryPanel } from '../report/memory-panel.ts';
import { resultHead, runVerdictBench } from '../report/verdict-bench.ts';
import { judge } from './judge.ts';
import { measure } from './measure.ts';
import { type MemoryOptions, parseOptions, USAGE } from './options.ts';
import { type MemoryResult, memoryPage } from './report.ts';

async function measured(options: MemoryOptions): Promise<MemoryResult> {
  const head = resultHead();
  const evidence = await measure(options, (line) => void process.stderr.write(`${line}\n`));
  const { perSecond, jobs, versions, memory, startMs } = evidence;
  const panels = [memoryPanel(memory, (atMs) => (atMs - startMs) / 1_000)];
  return { ...head, minutes: options.minutes, perSecond, jobs, versions, verdicts: judge(evidence), panels };
}

await runVerdictBench<MemoryOptions, MemoryResult>({
  name: 'memory',
  usage: USAGE,
  parse: parseOptions,
  measured,
  page: memoryPage,
  picture: ({ panels }) => lineChart('Resident memory of Jobline', panels, []),
});
