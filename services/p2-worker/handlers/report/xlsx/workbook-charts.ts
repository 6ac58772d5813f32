import type { ColumnProfile } from '../../../../../shared/domain/report-profile.ts';
import { topValuesNote } from '../chart/column-chart.ts';
import { groupChart } from '../chart/group-chart.ts';
import { firstMetricIndex, numberOf, type ReportView } from '../input/report-view.ts';
import { insteadOfChart } from '../wording/column-stats.ts';
import { DETAILED_COLUMNS } from '../wording/detail-note.ts';
import { quoted } from '../wording/quote.ts';
import { formatOf, labelText } from '../wording/value-format.ts';
import { columnLetters } from './cells.ts';
import type { ChartSpec } from './chart-xml.ts';
import { axisLabel, type ListedSheet, type RowSpan } from './column-sheets.ts';
import { sheetRef } from './sheet.ts';

const MOST_GROUPS = 20;

function rangeOf(sheet: string, first: string, last: string, { first: top, last: bottom }: RowSpan): string {
  return sheetRef(sheet, `$${first}$${top}:$${last}$${bottom}`);
}

function histogramChart(column: ColumnProfile, sheet: ListedSheet, span: RowSpan): ChartSpec {
  const bins = column.histogram!;
  return {
    title: column.name,
    alt: `Histogram of ${quoted(column.name)}.`,
    kind: 'columns',
    seriesName: 'Count',
    labels: { ref: rangeOf(sheet.spec.name, 'G', 'G', span), texts: bins.map((bin) => axisLabel(bin.lower, column)) },
    values: { ref: rangeOf(sheet.spec.name, 'E', 'E', span), numbers: bins.map((bin) => bin.count) },
  };
}

function topValuesChart(column: ColumnProfile, sheet: ListedSheet, span: RowSpan): ChartSpec {
  const format = formatOf(column);
  return {
    title: column.name,
    alt: `Most frequent values of ${quoted(column.name)}. ${topValuesNote(column, column.top.length) ?? ''}`,
    kind: 'bars',
    seriesName: 'Count',
    labels: { ref: rangeOf(sheet.spec.name, 'C', 'C', span), texts: column.top.map(({ value }) => labelText(value, format)) },
    values: { ref: rangeOf(sheet.spec.name, 'D', 'D', span), numbers: column.top.map(({ count }) => count) },
  };
}

function groupsChart(view: ReportView, sheet: string): ChartSpec | undefined {
  const metric = firstMetricIndex(view.profile);
  const chart = groupChart(view);
  if (metric === undefined || !chart) return undefined;
  const rows = chart.isLine ? view.preview : view.preview.slice(0, MOST_GROUPS);
  const span = { first: 2, last: rows.length + 1 };
  const label = (row: ReportView['preview'][number]) =>
    row
      .slice(0, metric)
      .map((cell, index) => labelText(cell, view.formats[index]!))
      .join(' · ');
  return {
    title: view.profile.table.columns[metric]!.name,
    alt: chart.caption,
    kind: chart.isLine ? 'line' : 'bars',
    seriesName: view.profile.table.columns[metric]!.name,
    labels: { ref: rangeOf(sheet, 'A', columnLetters(metric - 1), span), texts: rows.map(label) },
    values: { ref: rangeOf(sheet, columnLetters(metric), columnLetters(metric), span), numbers: rows.map((row) => numberOf(row[metric])) },
  };
}

/** The charts of the workbook: the grouped result first, then one for each of the first columns that has something to show. */
export function workbookCharts(view: ReportView, resultSheet: string, tops: ListedSheet, histograms: ListedSheet): readonly ChartSpec[] {
  const ofColumns = view.profile.columns.slice(0, DETAILED_COLUMNS).map((column, index) => {
    if (insteadOfChart(column) !== undefined) return undefined;
    const bins = histograms.spans.get(index);
    if (bins) return histogramChart(column, histograms, bins);
    const top = tops.spans.get(index);
    return top && topValuesChart(column, tops, top);
  });
  return [groupsChart(view, resultSheet), ...ofColumns].filter((chart) => chart !== undefined);
}
