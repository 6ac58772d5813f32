import type { ReportView } from '../input/report-view.ts';
import type { Row } from '../input/table-rows.ts';
import { rowSentence } from '../wording/row-sentence.ts';
import { isNumeric, valueText } from '../wording/value-format.ts';
import type { PageFlow } from './page-flow.ts';
import { PAGE } from './pdf-style.ts';
import { PdfTable, type TableCell, type TableColumnStyle } from './pdf-table.ts';
import type { Tag } from './pdf-tags.ts';
import { paragraph, SMALL } from './prose.ts';

const SIZE = 7.5;
const WIDTH = { least: 34, header: 64, mostText: 170, mostNumber: 110 };
const ROW_NUMBER_WIDTH = 32;
/** Rows shown, by the number of bands that the columns are cut into. */
const ROWS_BY_BANDS = [100, 52, 26, 26];
const MOST_BANDS = 4;
/** Rows that the widths are taken from. */
const MEASURED_ROWS = 60;
const LONGEST_MEASURED = 120;

/** Columns that stand side by side on one page. */
interface Band {
  readonly first: number;
  readonly columns: readonly TableColumnStyle[];
}

function cellText(view: ReportView, row: Row, index: number): string {
  return valueText(row[index] ?? null, view.formats[index]!);
}

function styleOf(view: ReportView, index: number, flow: PageFlow): TableColumnStyle {
  const { name, type } = view.profile.table.columns[index]!;
  const texts = view.preview.slice(0, MEASURED_ROWS).map((row) => cellText(view, row, index).slice(0, LONGEST_MEASURED));
  const { canvas } = flow;
  const widest = Math.max(0, ...texts.map((text) => canvas.measure.widthOf(text, SIZE)));
  const widthOf = (text: string) => canvas.widthOf(canvas.fit(text, 200, SIZE, 'strong'), SIZE, 'strong');
  const title = name.slice(0, LONGEST_MEASURED);
  const word = Math.max(...title.split(/(?<=[\s_/-])/).map(widthOf));
  const header = Math.min(widthOf(title), Math.max(word, WIDTH.header));
  const most = isNumeric(type) ? WIDTH.mostNumber : WIDTH.mostText;
  const width = Math.min(most, Math.max(WIDTH.least, widest + 12, Math.min(header + 12, 100)));
  return { header: name, width, align: isNumeric(type) ? 'right' : 'left' };
}

function bandsOf(styles: readonly TableColumnStyle[], room: number): Band[] {
  const bands: { first: number; columns: TableColumnStyle[] }[] = [];
  let left = 0;
  styles.forEach((style, index) => {
    if (bands.length === 0 || style.width > left) {
      bands.push({ first: index, columns: [] });
      left = room;
    }
    bands.at(-1)!.columns.push(style);
    left -= style.width;
  });
  return bands;
}

/** One band in portrait where it fits, else landscape. */
function layoutOf(styles: readonly TableColumnStyle[]): TablePlan {
  const portrait = bandsOf(styles, PAGE.short - 2 * PAGE.side - ROW_NUMBER_WIDTH);
  if (portrait.length <= 1) return { layout: 'portrait', bands: portrait };
  return { layout: 'landscape', bands: bandsOf(styles, PAGE.long - 2 * PAGE.side - ROW_NUMBER_WIDTH) };
}

function drawBand(flow: PageFlow, view: ReportView, band: Band, rows: readonly Row[], parent: Tag): void {
  const number: TableColumnStyle = { header: '#', width: ROW_NUMBER_WIDTH, align: 'right' };
  const table = new PdfTable(flow, [number, ...band.columns], { size: SIZE, headerLines: 3, cellLines: 2 }, parent);
  rows.forEach((row, index) => {
    const cells = band.columns.map((_, offset): TableCell => {
      const at = band.first + offset;
      return { text: cellText(view, row, at), ...(row[at] === null ? { isFaint: true } : {}) };
    });
    table.row([{ text: String(index + 1), isFaint: true }, ...cells]);
  });
  table.end();
}

/** How the table is laid out: which columns stand together, on pages of which layout. */
export interface TablePlan {
  readonly layout: 'portrait' | 'landscape';
  readonly bands: readonly Band[];
}

/** Plans the table; known before its heading is drawn, since that stands on the same page. */
export function planTable(flow: PageFlow, view: ReportView): TablePlan {
  if (view.preview.length === 0) return { layout: 'portrait', bands: [] };
  // Beyond these no column can be shown, whatever its width: a table of thousands is not measured in vain.
  const measured = view.profile.table.columns.slice(0, Math.floor((MOST_BANDS * PAGE.long) / WIDTH.least));
  return layoutOf(measured.map((_, index) => styleOf(view, index, flow)));
}

/** The result table: a bounded number of rows and columns, and a sentence that says which. */
export function tableSection(flow: PageFlow, view: ReportView, plan: TablePlan, parent: Tag): void {
  const bands = plan.bands.slice(0, MOST_BANDS);
  const rows = view.preview.slice(0, ROWS_BY_BANDS[Math.max(0, bands.length - 1)]);
  const columns = rows.length === 0 ? view.profile.table.columns.length : bands.reduce((sum, band) => sum + band.columns.length, 0);
  paragraph(flow, rowSentence(view.profile, { rows: rows.length, columns }), parent, SMALL);
  bands.forEach((band, index) => {
    if (index > 0) {
      flow.newPage();
      paragraph(flow, `Columns ${band.first + 1} to ${band.first + band.columns.length} of the same rows.`, parent, SMALL);
    }
    flow.y += 4;
    drawBand(flow, view, band, rows, parent);
  });
}
