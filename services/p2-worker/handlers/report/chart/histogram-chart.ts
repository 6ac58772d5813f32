import type { ColumnProfile, HistogramBin } from '../../../../../shared/domain/report-profile.ts';
import { momentOf } from '../wording/moment.ts';
import { countOf, countText } from '../wording/number-text.ts';
import { quoted } from '../wording/quote.ts';
import { figureText, formatOf, valueText } from '../wording/value-format.ts';
import type { LineMark, RectMark, Scene, TextMark, TextMeasure } from './scene.ts';
import { countTicks, countTickText, niceTicks, type Tick, tickText, timeTicks } from './ticks.ts';

/** Room and measure of a chart, points. */
export interface ChartFrame {
  readonly width: number;
  readonly height: number;
  readonly text: TextMeasure;
  /** Size of the axis labels. */
  readonly fontSize: number;
}

interface Plot extends ChartFrame {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const BAR_GAP = 0.75;

function numberAt(value: number | string): number {
  return typeof value === 'number' ? value : (momentOf(value) ?? Number(value));
}

/** Less cannot be stretched over a chart: the factor would be infinite. */
const SMALLEST_SPAN = 1e-300;

/** Bounds as numbers when they ascend over a range that a number can say, else evenly spaced positions: a chart must never go backwards. */
function boundsOf(bins: readonly HistogramBin[]): readonly number[] {
  const bounds = [...bins.map((bin) => numberAt(bin.lower)), numberAt(bins.at(-1)!.upper)];
  const ascends = bounds.every((bound, index) => Number.isFinite(bound) && (index === 0 || bound > bounds[index - 1]!));
  const span = bounds.at(-1)! - bounds[0]!;
  return ascends && Number.isFinite(span) && span > SMALLEST_SPAN ? bounds : bounds.map((_, index) => index);
}

function isTime(value: number | string): boolean {
  return typeof value === 'string' && momentOf(value) !== undefined;
}

function ticksOf(bins: readonly HistogramBin[], bounds: readonly number[]): readonly Tick[] {
  if (bounds[0] !== numberAt(bins[0]!.lower)) return [];
  if (isTime(bins[0]!.lower)) return timeTicks(bounds[0]!, bounds.at(-1)!);
  return niceTicks(bounds[0]!, bounds.at(-1)!, 5).map((at) => ({ at, label: tickText(at) }));
}

function xOf(plot: Plot, bounds: readonly number[]): (value: number) => number {
  const scale = (plot.right - plot.left) / (bounds.at(-1)! - bounds[0]! || 1);
  return (value) => plot.left + (value - bounds[0]!) * scale;
}

function yAxis(plot: Plot, ticks: readonly number[]): (LineMark | TextMark)[] {
  const highest = ticks.at(-1)!;
  return ticks.flatMap((tick) => {
    const y = plot.bottom - ((plot.bottom - plot.top) * tick) / highest;
    const points = [
      [plot.left, y],
      [plot.right, y],
    ] as const;
    return [
      { kind: 'line', points, ink: tick === 0 ? 'axis' : 'grid', width: 0.5 },
      {
        kind: 'text',
        x: plot.left - 4,
        y: y + plot.fontSize * 0.35,
        text: countTickText(tick),
        size: plot.fontSize,
        anchor: 'end',
        ink: 'soft-text',
      },
    ] as const;
  });
}

/** Labels below the axis; those that would touch the one before are left out. */
function xAxis(plot: Plot, edges: readonly Tick[], x: (value: number) => number): TextMark[] {
  let freeFrom = Number.NEGATIVE_INFINITY;
  return edges.flatMap(({ at, label }) => {
    const half = plot.text.widthOf(label, plot.fontSize) / 2;
    const middle = Math.min(Math.max(x(at), half), plot.width - half);
    if (middle - half < freeFrom) return [];
    freeFrom = middle + half + plot.fontSize;
    return [{ kind: 'text', x: middle, y: plot.height - 2, text: label, size: plot.fontSize, anchor: 'middle', ink: 'soft-text' } as const];
  });
}

function bars(plot: Plot, column: ColumnProfile, bounds: readonly number[], highest: number): RectMark[] {
  const x = xOf(plot, bounds);
  const format = formatOf(column);
  return column.histogram!.map((bin, index) => {
    const left = x(bounds[index]!);
    const height = ((plot.bottom - plot.top) * bin.count) / highest;
    const width = Math.max(0.5, x(bounds[index + 1]!) - left - BAR_GAP);
    const hint = `${valueText(bin.lower, format)} to ${valueText(bin.upper, format)}: ${countText(bin.count)}`;
    return { kind: 'rect', x: left + BAR_GAP / 2, y: plot.bottom - height, width, height, ink: 'bar', hint };
  });
}

function medianMarks(plot: Plot, column: ColumnProfile, x: (value: number) => number): (LineMark | TextMark)[] {
  if (!column.quartiles) return [];
  const at = x(column.quartiles.p50);
  if (!(at >= plot.left && at <= plot.right)) return [];
  const text = `median ${figureText(column.quartiles.p50, column)}`;
  const isRight = at + plot.text.widthOf(text, plot.fontSize) + 4 > plot.width;
  const points = [
    [at, plot.top - plot.fontSize],
    [at, plot.bottom],
  ] as const;
  const label = {
    x: at + (isRight ? -3 : 3),
    y: plot.top - plot.fontSize * 0.25,
    text,
    size: plot.fontSize,
    anchor: isRight ? 'end' : 'start',
  } as const;
  return [
    { kind: 'line', points, ink: 'accent', width: 0.9, isDashed: true },
    { kind: 'text', ...label, ink: 'accent' },
  ];
}

/** Histogram of a column that has one, with the median marked. */
export function histogramChart(column: ColumnProfile, frame: ChartFrame): Scene {
  const bins = column.histogram!;
  const bounds = boundsOf(bins);
  const ticks = countTicks(Math.max(1, ...bins.map((bin) => bin.count)), 3);
  const gutter = Math.max(...ticks.map((tick) => frame.text.widthOf(countTickText(tick), frame.fontSize))) + 6;
  const plot = { ...frame, left: gutter, right: frame.width - 4, top: frame.fontSize * 1.6, bottom: frame.height - frame.fontSize * 1.7 };
  const x = xOf(plot, bounds);
  const [first, last, format] = [bins[0]!.lower, bins.at(-1)!.upper, formatOf(column)];
  const most = bins.reduce((a, b) => (b.count > a.count ? b : a));
  return {
    width: frame.width,
    height: frame.height,
    marks: [
      ...yAxis(plot, ticks),
      ...bars(plot, column, bounds, ticks.at(-1)!),
      ...xAxis(plot, ticksOf(bins, bounds), x),
      ...(bounds[0] === numberAt(first) ? medianMarks(plot, column, x) : []),
    ],
    alt:
      `Histogram of ${quoted(column.name)}: ${countOf(bins.length, 'bin')} from ${valueText(first, format)} to ${valueText(last, format)}; ` +
      `the fullest, from ${valueText(most.lower, format)} to ${valueText(most.upper, format)}, has ${countOf(most.count, 'value')}.`,
  };
}
