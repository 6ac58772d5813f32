import { disqualification } from '../report/bars.ts';
import { machineText, shownSpread } from '../report/markdown.ts';
import { median, spreadOf } from '../report/statistics.ts';
import { figuresAt, runsAt, type ScaleBar, seriesAt, valuesOf } from './bars.ts';
import { COUNTS, CURVE_TEXTS, METRIC_NAMES } from './columns.ts';
import { totalMs } from './cost.ts';
import { CURVES, type Curve } from './curves.ts';
import type { CpuMs, Metric, ScaleResult } from './result.ts';

const numbered = (value: number): string => value.toLocaleString('en-US');

/** Median cost a job, and its parts, the greatest first. */
export function costText(costs: readonly CpuMs[]): string {
  if (costs.length === 0) return '–';
  const parts = medianParts(costs).map(([name, ms]) => `${name} ${ms.toFixed(3)}`);
  return `${median(costs.map(totalMs)).toFixed(3)}: ${parts.join(', ')}`;
}

/** Median by process, the greatest first. */
export function medianParts(costs: readonly CpuMs[]): readonly (readonly [string, number])[] {
  const names = [...new Set(costs.flatMap((one) => Object.keys(one)))];
  const medians = names.map((name) => [name, median(costs.map((one) => one[name] ?? 0))] as const);
  return medians.toSorted((a, b) => b[1] - a[1]);
}

/** Median with range; counts as they are. */
function shownFigures(metric: Metric, values: readonly number[]): string {
  if (!COUNTS.has(metric)) return shownSpread(spreadOf(values));
  return values.length === 0 ? '–' : [...new Set(values)].map(numbered).join(', ');
}

function row(result: ScaleResult, curve: Curve, value: number): string {
  const { metrics } = CURVE_TEXTS[curve];
  const why = disqualification(runsAt(result, curve, value));
  const hasSubmission = curve === 'waiting';
  if (why !== undefined) {
    const cells = [...metrics, ...(hasSubmission ? [''] : [])].map(() => 'out');
    return `| ${numbered(value)} | ${cells.join(' | ')} | | ${why.replaceAll('|', '/')} |`;
  }
  const figures = figuresAt(result, curve, value);
  const cells = metrics.map((metric) => shownFigures(metric, seriesAt(result, curve, value, metric)));
  const submission = hasSubmission ? [costText(figures.flatMap(({ submitCpuMs }) => (submitCpuMs ? [submitCpuMs] : [])))] : [];
  const jobs = numbered(figures[0]?.jobs ?? 0);
  return `| ${[numbered(value), ...cells, ...submission, jobs, costText(figures.map(({ cpuMs }) => cpuMs))].join(' | ')} |`;
}

function section(result: ScaleResult, curve: Curve): string {
  const values = valuesOf(result, curve);
  if (values.length === 0) return '';
  const { heading, axis, metrics, method } = CURVE_TEXTS[curve];
  const submission = curve === 'waiting' ? ['CPU ms a submission'] : [];
  const cost = curve === 'waiting' ? 'CPU ms a job, on the way down' : METRIC_NAMES.cpuMs;
  const columns = [axis, ...metrics.map((metric) => METRIC_NAMES[metric]), ...submission, 'jobs', cost];
  const head = `| ${columns.join(' | ')} |\n|${columns.map(() => ' --- |').join('')}`;
  const rows = values.map((value) => row(result, curve, value)).join('\n');
  const notes = [...new Set(result.runs.filter((run) => run.curve === curve).flatMap((run) => run.notes ?? []))];
  return `## ${heading}\n\n${[method, ...notes].join(' ')}\n\n${head}\n${rows}`;
}

function barTable(bars: readonly ScaleBar[]): string {
  const rows = bars.map(({ what, is, bar, verdict }) => `| ${what} | ${is} | ${bar} | ${verdict} |`);
  return `| what | is (range over repeats) | bar | |\n| --- | --- | --- | --- |\n${rows.join('\n')}`;
}

function methodText({ options: { jobs, repeats } }: ScaleResult): string {
  return [
    'The released services as `npm start` has them, on new servers for each measurement. Two stages that do nothing, payload of 200 bytes ',
    `unless stated, ${numbered(jobs)} jobs a point after a warm-up; medians of ${repeats} interleaved repeats, ranges in brackets. Every job is `,
    'read back and each execution of a stage counted; each has an idempotency key, and what fails is counted and sent again. CPU time is that of servers and services, without the client, until all events are ',
    'published, with a checkpoint of MongoDB before and after, so that what is written to the data files later is in it.',
  ].join('');
}

/** The result as a page. */
export function scaleMarkdown(result: ScaleResult, bars: readonly ScaleBar[], picture: string): string {
  const sections = CURVES.map((curve) => section(result, curve)).filter(Boolean);
  const parts = ['# Scale', machineText(result), methodText(result), `![Curves](${picture})`, barTable(bars), ...sections];
  return `${parts.join('\n\n')}\n`;
}

/** One measurement as a line for people. */
export function saidOf({ curve, value, repeat, figures, verification, notes = [], error }: ScaleResult['runs'][number]): string {
  const name = `${curve} ${numbered(value)}, repeat ${repeat}`;
  if (error !== undefined || !figures || !verification) return `${name}: FAILED: ${error}`;
  const metrics = CURVE_TEXTS[curve].metrics.map(
    (metric) => `${METRIC_NAMES[metric]} ${shownFigures(metric, [figures[metric] ?? []].flat())}`,
  );
  const cost = `${METRIC_NAMES.cpuMs} ${totalMs(figures.cpuMs).toFixed(3)}`;
  return [`${name}: ${[...metrics, cost].join('; ')} (${verification.lost} lost, ${verification.doubled} doubled)`, ...notes].join('\n  ');
}
