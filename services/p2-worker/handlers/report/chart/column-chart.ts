import type { ColumnProfile } from '../../../../../shared/domain/report-profile.ts';
import { countOf, countText, percentText } from '../wording/number-text.ts';
import { quoted, shortened } from '../wording/quote.ts';
import { formatOf, labelText } from '../wording/value-format.ts';
import { type Bar, barChart } from './bar-chart.ts';
import { type ChartFrame, histogramChart } from './histogram-chart.ts';
import type { RectMark, Scene } from './scene.ts';

const LONGEST_LABEL = 60;

/** The most frequent values as bars. */
export function topValueBars(column: ColumnProfile, most: number): readonly Bar[] {
  const format = formatOf(column);
  return column.top.slice(0, most).map(({ value, count }) => ({
    label: shortened(labelText(value, format).replace(/\s+/g, ' '), LONGEST_LABEL),
    value: count,
    text: `${countText(count)} (${percentText(count, column.count)})`,
  }));
}

/** What the bars of the most frequent values leave out; undefined when they are all. */
export function topValuesNote(column: ColumnProfile, most: number): string | undefined {
  const top = column.top.slice(0, most);
  if (top.length >= column.distinct) return undefined;
  const covered = top.reduce((sum, { count }) => sum + count, 0);
  return `The ${countText(top.length)} most frequent of ${countOf(column.distinct, 'value')}: ${percentText(covered, column.count)} of the column.`;
}

/** The chart of one column: its histogram, else its most frequent values. Call only where `insteadOfChart` is undefined. */
export function columnChart(column: ColumnProfile, frame: ChartFrame & { readonly mostBars: number }): Scene {
  if (column.histogram && column.histogram.length > 0) return histogramChart(column, frame);
  const bars = topValueBars(column, frame.mostBars);
  const alt = `Most frequent values of ${quoted(column.name)}: ${bars
    .slice(0, 5)
    .map((bar) => `${bar.label} ${bar.text}`)
    .join(', ')}.`;
  return barChart(bars, { ...frame, labelShare: 0.42 }, alt);
}

/** A tiny chart without labels: the shape of the histogram or of the most frequent values; undefined without either. */
export function sparkline(column: ColumnProfile, width: number, height: number): Scene | undefined {
  const counts = (column.histogram && column.histogram.length > 0 ? column.histogram : column.top).map(({ count }) => count);
  const highest = Math.max(0, ...counts);
  if (highest === 0) return undefined;
  const step = width / Math.max(counts.length, 10);
  const marks = counts.map((count, index): RectMark => {
    const tall = count === 0 ? 0 : Math.max(0.6, (count / highest) * height);
    return {
      kind: 'rect',
      x: index * step,
      y: height - tall,
      width: Math.max(0.5, step - 0.6),
      height: tall,
      ink: column.histogram ? 'bar' : 'soft-bar',
    };
  });
  return { width, height, marks, alt: '' };
}
