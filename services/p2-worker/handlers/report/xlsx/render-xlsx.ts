import type { ReportView } from '../input/report-view.ts';
import { countOf } from '../wording/number-text.ts';
import { rowXml } from './cells.ts';
import { type ChartSpec, chartPageBreaks, chartXml, drawingXml } from './chart-xml.ts';
import { columnsSheet, histogramsSheet, topValuesSheet } from './column-sheets.ts';
import { dataSheet } from './data-sheet.ts';
import {
  appPropertiesXml,
  contentTypesXml,
  corePropertiesXml,
  packageRelationshipsXml,
  type Relationship,
  relationshipsXml,
  workbookXml,
} from './package-parts.ts';
import { type SheetSpec, sheetXml } from './sheet.ts';
import { summarySheet } from './summary-sheet.ts';
import { workbookCharts } from './workbook-charts.ts';
import { WorkbookStyles } from './workbook-styles.ts';
import { type PartContent, writeZip } from './zip-package.ts';

interface Workbook {
  readonly sheets: readonly SheetSpec[];
  readonly charts: readonly ChartSpec[];
  readonly styles: WorkbookStyles;
}

function chartsSheet(charts: number, styles: WorkbookStyles): SheetSpec {
  const title = rowXml([{ value: 'Charts', style: styles.id('title') }], 1, 26);
  return {
    name: 'Charts',
    widths: Array.from({ length: 17 }, (_, index) => (index === 8 ? 2 : 9)),
    rows: () => [title],
    hasDrawing: true,
    pageBreaks: chartPageBreaks(charts),
    hasGridLines: false,
  };
}

function planWorkbook(view: ReportView, signal: AbortSignal): Workbook {
  const { profile } = view;
  const styles = new WorkbookStyles();
  const isGroups = profile.table.kind === 'groups';
  const dataName = isGroups ? 'Result' : 'Rows';
  const tops = topValuesSheet(profile, 'Top values', styles);
  const histograms = histogramsSheet(profile, 'Histograms', styles);
  const charts = workbookCharts(view, dataName, tops, histograms);
  const described: readonly (readonly [SheetSpec, string])[] = [
    [
      dataSheet(view, dataName, styles, signal),
      `${countOf(profile.table.storedRows, isGroups ? 'group' : 'row')} of ${countOf(profile.table.columns.length, 'column')}`,
    ],
    [columnsSheet(profile, 'Columns', styles), 'Figures of every column'],
    ...(charts.length > 0 ? [[chartsSheet(charts.length, styles), 'The shape of the columns'] as const] : []),
    ...(tops.spans.size > 0 ? [[tops.spec, 'The most frequent values of every column'] as const] : []),
    ...(histograms.spans.size > 0 ? [[histograms.spec, 'How values are spread, by bins'] as const] : []),
  ];
  const entries = described.map(([{ name }, description]) => ({ name, description }));
  return { sheets: [summarySheet(view, entries, styles), ...described.map(([sheet]) => sheet)], charts, styles };
}

function workbookParts({ sheets, charts, styles }: Workbook, title: string, createdAt: string): (readonly [string, PartContent])[] {
  const text =
    (content: () => string): PartContent =>
    () => [content()];
  const sheetTargets = sheets.map((_, index): Relationship => ['worksheet', `worksheets/sheet${index + 1}.xml`]);
  const drawingOf = sheets.findIndex((sheet) => sheet.hasDrawing) + 1;
  const parts: (readonly [string, PartContent])[] = [
    ['[Content_Types].xml', text(() => contentTypesXml(sheets.length, charts.length))],
    ['_rels/.rels', text(packageRelationshipsXml)],
    ['docProps/core.xml', text(() => corePropertiesXml(title, createdAt))],
    ['docProps/app.xml', text(appPropertiesXml)],
    ['xl/workbook.xml', text(() => workbookXml(sheets))],
    ['xl/_rels/workbook.xml.rels', text(() => relationshipsXml([...sheetTargets, ['styles', 'styles.xml']]))],
    ...sheets.map((sheet, index) => [`xl/worksheets/sheet${index + 1}.xml`, () => sheetXml(sheet, index === 0)] as const),
  ];
  if (charts.length > 0)
    parts.push(
      [`xl/worksheets/_rels/sheet${drawingOf}.xml.rels`, text(() => relationshipsXml([['drawing', '../drawings/drawing1.xml']]))],
      ['xl/drawings/drawing1.xml', text(() => drawingXml(charts))],
      [
        'xl/drawings/_rels/drawing1.xml.rels',
        text(() => relationshipsXml(charts.map((_, index) => ['chart', `../charts/chart${index + 1}.xml`] as const))),
      ],
      ...charts.map((chart, index) => [`xl/charts/chart${index + 1}.xml`, text(() => chartXml(chart))] as const),
    );
  // Last: cells register the styles that they need while they are written.
  parts.push(['xl/styles.xml', text(() => styles.book.xml())]);
  return parts;
}

/** Writes the report as a workbook, streamed: every stored row, real types, native charts. */
export async function renderXlsx(view: ReportView, path: string, signal: AbortSignal): Promise<void> {
  const { title, createdAt } = view.profile;
  await writeZip(path, workbookParts(planWorkbook(view, signal), title, createdAt), new Date(createdAt));
}
