import { type BarResult, disqualification } from '../report/bars.ts';
import { median, type Spread, spreadOf } from '../report/statistics.ts';
import { totalMs } from './cost.ts';
import type { Curve } from './curves.ts';
import type { Metric, ScaleFigures, ScaleResult, ScaleRun } from './result.ts';

/** The point that the cost with more stored jobs is held against. */
const FEW_STORED = 10_000;
const MOST_COST_RATIO = 1.3;
const LEAST_RATE_RATIO = 0.8;

/** What has to hold, and how it came out; `unknown`: a side of it was not measured. */
export interface ScaleBar {
  readonly what: string;
  readonly bar: string;
  readonly is: string;
  readonly verdict: BarResult['verdict'];
}

/** The runs of a point. */
export function runsAt({ runs }: Pick<ScaleResult, 'runs'>, curve: Curve, value: number): readonly ScaleRun[] {
  return runs.filter((run) => run.curve === curve && run.value === value);
}

/** The measured values of a curve, ascending. */
export function valuesOf({ runs }: Pick<ScaleResult, 'runs'>, curve: Curve): readonly number[] {
  return [...new Set(runs.filter((run) => run.curve === curve).map(({ value }) => value))].toSorted((a, b) => a - b);
}

/** Figures of a point by repeat; none where a run of it failed, lost a job or doubled one. */
export function figuresAt(result: Pick<ScaleResult, 'runs'>, curve: Curve, value: number): readonly ScaleFigures[] {
  const runs = runsAt(result, curve, value);
  return disqualification(runs) === undefined ? runs.toSorted((a, b) => a.repeat - b.repeat).flatMap(({ figures }) => figures ?? []) : [];
}

/** A metric, or the whole CPU time a job, of all repeats of a point. */
export function seriesAt(result: Pick<ScaleResult, 'runs'>, curve: Curve, value: number, metric: Metric | 'cpuMs'): readonly number[] {
  return figuresAt(result, curve, value).flatMap((figures) => (metric === 'cpuMs' ? totalMs(figures.cpuMs) : (figures[metric] ?? [])));
}

interface Ratio {
  readonly ofMedians: number;
  readonly range: Spread;
}

function ratioOf(top: readonly number[], bottom: readonly number[]): Ratio | undefined {
  const range = spreadOf(top.slice(0, bottom.length).map((value, index) => value / bottom[index]!));
  return range && { ofMedians: median(top) / median(bottom), range };
}

interface Compared {
  readonly curve: Curve;
  readonly metric: Metric | 'cpuMs';
  readonly from: number;
  readonly most?: number;
  readonly least?: number;
  what(largest: string): string;
}

/** The largest value of a curve against a small one. */
function compare(result: ScaleResult, { curve, metric, from, what, most, least }: Compared): ScaleBar {
  const largest = valuesOf(result, curve).at(-1) ?? from;
  const ratio = largest > from ? ratioOf(seriesAt(result, curve, largest, metric), seriesAt(result, curve, from, metric)) : undefined;
  const bar = most === undefined ? `≥ ${least}` : `≤ ${most}`;
  const common = { what: what(largest.toLocaleString('en-US')), bar };
  if (!ratio) {
    const isOut = [largest, from].some((value) => disqualification(runsAt(result, curve, value)) !== undefined);
    return { ...common, is: '–', verdict: isOut ? 'missed' : 'unknown' };
  }
  const { ofMedians, range } = ratio;
  const isMet = ofMedians <= (most ?? Number.POSITIVE_INFINITY) && ofMedians >= (least ?? 0);
  const is = `${ofMedians.toFixed(2)} (${range.least.toFixed(2)}–${range.most.toFixed(2)})`;
  return { ...common, is, verdict: isMet ? 'met' : 'missed' };
}

function clientErrors({ runs }: ScaleResult): ScaleBar {
  const clients = runs.filter(({ curve }) => curve === 'clients');
  const errors = clients.reduce((sum, { figures }) => sum + (figures?.errors ?? 0), 0);
  const isAll = clients.length > 0 && clients.every(({ figures }) => figures !== undefined);
  const verdict = clients.length === 0 ? 'unknown' : isAll && errors === 0 ? 'met' : 'missed';
  return { what: 'errors of single submissions, at any number of connections', bar: '0', is: String(errors), verdict };
}

/** Each run by itself: one that lost or doubled nothing does not excuse another. */
function everyJob({ runs }: ScaleResult): ScaleBar {
  const bad = runs.filter((run) => disqualification([run]) !== undefined);
  const verdict = runs.length === 0 ? 'unknown' : bad.length === 0 ? 'met' : 'missed';
  const is = bad.length === 0 ? `${runs.length} measurements, none` : `${bad.length} of ${runs.length} measurements`;
  return { what: 'measurements that failed, lost a job or doubled one', bar: '0', is, verdict };
}

/** All bars of the curves that were asked for. */
export function judgeScale(result: ScaleResult): readonly ScaleBar[] {
  const has = (curve: Curve) => result.options.curves.includes(curve);
  const stored = { curve: 'stored', metric: 'cpuMs', from: FEW_STORED, most: MOST_COST_RATIO } as const;
  const waiting = { curve: 'waiting', metric: 'submittedPerSecond', from: 0, least: LEAST_RATE_RATIO } as const;
  return [
    ...(has('stored') ? [compare(result, { ...stored, what: (largest) => `CPU a job with ${largest} jobs stored / with 10,000` })] : []),
    ...(has('waiting')
      ? [compare(result, { ...waiting, what: (largest) => `rate of submission with ${largest} jobs waiting / with none` })]
      : []),
    ...(has('clients') ? [clientErrors(result)] : []),
    everyJob(result),
  ];
}
