import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { closingLine } from '../report/bars.ts';
import { runApart } from '../suite/apart.ts';
import { describeMachine, revision } from '../suite/machine.ts';
import { orExit } from '../suite/or-exit.ts';
import { judgeScale } from './bars.ts';
import { scaleChart } from './chart.ts';
import { saidOf, scaleMarkdown } from './markdown.ts';
import { parseOptions, type ScaleOptions, USAGE } from './options.ts';
import { type ScaleOrder, scaleOrders } from './order.ts';
import type { ScaleResult, ScaleRun } from './result.ts';

/** `npm run bench:scale`: throughput and cost as what is stored, what waits, payloads, workers and clients grow. */
const MEASURE = new URL('./measure.js', import.meta.url);

async function runOne(order: ScaleOrder): Promise<ScaleRun> {
  const { curve, value, repeat } = order;
  const { answer, ended } = await runApart<ScaleRun>(MEASURE, order);
  return answer ?? { curve, value, repeat, error: ended };
}

async function measureAll(options: ScaleOptions): Promise<ScaleResult> {
  const { jobs, maxStored, maxWaiting, repeats, curves, output } = options;
  const runs: ScaleRun[] = [];
  const common = {
    schema: 1,
    startedAt: new Date().toISOString(),
    revision: revision(),
    options: { jobs, maxStored, maxWaiting, repeats, curves },
    machine: describeMachine(),
  } as const;
  const soFar = (): ScaleResult => ({ ...common, finishedAt: new Date().toISOString(), runs });
  mkdirSync(output, { recursive: true });
  for (const order of scaleOrders(options)) {
    runs.push(await runOne(order));
    process.stdout.write(`${saidOf(runs.at(-1)!)}\n`);
    // What was measured stays, should the rest not come to its end.
    writeFileSync(join(output, 'scale.json'), `${JSON.stringify(soFar(), null, 2)}\n`);
  }
  return soFar();
}

/** @returns whether all bars that were measured are met */
function report(result: ScaleResult, output: string): boolean {
  mkdirSync(output, { recursive: true });
  const bars = judgeScale(result);
  const page = scaleMarkdown(result, bars, 'scale.svg');
  writeFileSync(join(output, 'scale.md'), page);
  writeFileSync(join(output, 'scale.svg'), scaleChart(result));
  process.stdout.write(`${page}\n${closingLine(bars)}\n`);
  return bars.every(({ verdict }) => verdict !== 'missed');
}

const options = orExit(USAGE, () => parseOptions(process.argv.slice(2)));
if (options.isHelp) {
  process.stdout.write(`${USAGE}\n`);
} else {
  const { from, output } = options;
  const read = () => (from === undefined ? undefined : (JSON.parse(readFileSync(from, 'utf8')) as ScaleResult));
  const result = orExit(USAGE, read) ?? (await measureAll(options));
  if (!report(result, output)) process.exitCode = 1;
}
