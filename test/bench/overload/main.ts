import { lineChart } from '../report/line-chart.ts';
import { resultHead, runVerdictBench } from '../report/verdict-bench.ts';
import { judge } from './judge.ts';
import { measure } from './measure.ts';
import { type OverloadOptions, parseOptions, USAGE } from './options.ts';
import { overloadPage } from './report.ts';
import { figuresOf, type OverloadResult, pictureOf } from './result.ts';

async function measured(options: OverloadOptions): Promise<OverloadResult> {
  const { seconds, factor, handlerMs } = options;
  const head = resultHead();
  const evidence = await measure(options, (line) => void process.stderr.write(`${line}\n`));
  const { drain, perSecond, maxWaitingJobs } = evidence;
  const seen = { figures: figuresOf(evidence), verdicts: judge(evidence), ...pictureOf(evidence) };
  return { ...head, options: { seconds, factor, handlerMs }, drain, perSecond, maxWaitingJobs, ...seen };
}

await runVerdictBench<OverloadOptions, OverloadResult>({
  name: 'overload',
  usage: USAGE,
  parse: parseOptions,
  measured,
  page: overloadPage,
  picture: ({ panels, marks }) => lineChart('Jobline under overload', panels, marks),
});
