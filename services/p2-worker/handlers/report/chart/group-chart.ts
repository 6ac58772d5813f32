import { firstMetricIndex, numberOf, type ReportView } from '../input/report-view.ts';
import type { Row } from '../input/table-rows.ts';
import { momentOf } from '../wording/moment.ts';
import { countOf, countText } from '../wording/number-text.ts';
import { listed, quoted, shortened } from '../wording/quote.ts';
import { labelText, valueText } from '../wording/value-format.ts';
import { type Bar, barChart } from './bar-chart.ts';
import type { ChartFrame } from './histogram-chart.ts';
import { type LinePoint, lineChart } from './line-chart.ts';
import type { Scene } from './scene.ts';

const MOST_BARS = 20;
const LONGEST_LABEL = 60;
const FEWEST_POINTS = 8;

/** The chart of a grouped result. */
export interface GroupChart {
  readonly caption: string;
  readonly isLine: boolean;
  draw(frame: ChartFrame): Scene;
}

function groupLabel(view: ReportView, row: Row, keys: number): string {
  const parts = row.slice(0, keys).map((cell, index) => (cell === null ? '(missing)' : labelText(cell, view.formats[index]!)));
  return shortened(parts.join(' · ').replace(/\s+/g, ' '), LONGEST_LABEL);
}

function barsOf(view: ReportView, metric: number): readonly Bar[] {
  return view.preview.slice(0, MOST_BARS).map((row) => ({
    label: groupLabel(view, row, metric),
    value: numberOf(row[metric]) ?? 0,
    text: valueText(row[metric] ?? null, view.formats[metric]!),
  }));
}

/** Points when the groups are moments in ascending order: then a line tells more than bars. */
function pointsOf(view: ReportView, metric: number): readonly LinePoint[] | undefined {
  const type = view.profile.table.columns[0]?.type;
  if (metric !== 1 || (type !== 'date' && type !== 'timestamp') || view.preview.length < FEWEST_POINTS) return undefined;
  const rows = view.preview.filter((row) => row[0] !== null && numberOf(row[1]) !== undefined);
  const moments = rows.map((row) => momentOf(String(row[0])) ?? Number.NaN);
  if (moments.some((at, index) => Number.isNaN(at) || at <= (moments[index - 1] ?? Number.NEGATIVE_INFINITY))) return undefined;
  return rows.map((row, index) => ({ at: moments[index]!, value: numberOf(row[1])! }));
}

function caption(view: ReportView, metric: number, shown: number): string {
  const { columns, totalRows } = view.profile.table;
  const keys = listed(columns.slice(0, metric).map((column) => quoted(column.name, 40)));
  const scope = shown < totalRows ? `: the first ${countText(shown)} of ${countOf(totalRows, 'group')}` : '';
  return `${quoted(columns[metric]!.name)} by ${keys}${scope}.`;
}

/** The first metric by group: bars for at most 20 groups, a line for dates in order. Undefined where there is nothing to draw. */
export function groupChart(view: ReportView): GroupChart | undefined {
  const metric = firstMetricIndex(view.profile);
  if (metric === undefined || view.preview.length < 2) return undefined;
  if (!view.preview.slice(0, MOST_BARS).some((row) => numberOf(row[metric]) !== undefined)) return undefined;
  const points = pointsOf(view, metric);
  if (points && points.length >= FEWEST_POINTS) {
    const text = caption(view, metric, view.preview.length);
    return { caption: text, isLine: true, draw: (frame) => lineChart(points, frame, `Line chart of ${text}`) };
  }
  const bars = barsOf(view, metric);
  const text = caption(view, metric, bars.length);
  return { caption: text, isLine: false, draw: (frame) => barChart(bars, { ...frame, labelShare: 0.4 }, `Bar chart of ${text}`) };
}
