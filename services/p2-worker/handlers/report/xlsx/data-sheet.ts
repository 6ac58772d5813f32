import type { ReportView } from '../input/report-view.ts';
import { readRows } from '../input/table-rows.ts';
import { isNumeric, type ValueFormat, valueText } from '../wording/value-format.ts';
import { columnLetters, rowXml, XLSX_LIMITS, type XlsxCell } from './cells.ts';
import type { SheetSpec } from './sheet.ts';
import { typedCell } from './typed-cell.ts';
import type { WorkbookStyles } from './workbook-styles.ts';

const WIDTH = { least: 8, most: 48, header: 30 };
const MEASURED_ROWS = 200;

/** Columns of the table that fit on a sheet. */
export function sheetColumns(view: ReportView): number {
  return Math.min(view.profile.table.columns.length, XLSX_LIMITS.columns);
}

/** Width that shows most values and two lines of the header, in characters. */
function widthOf(view: ReportView, index: number): number {
  const format = view.formats[index]!;
  const lengths = view.preview.slice(0, MEASURED_ROWS).map((row) => valueText(row[index] ?? null, format).length);
  const header = Math.min(WIDTH.header, view.profile.table.columns[index]!.name.length);
  return Math.min(WIDTH.most, Math.max(WIDTH.least, ...lengths, header) + 3);
}

async function* dataRows(view: ReportView, styles: WorkbookStyles, signal: AbortSignal): AsyncGenerator<string> {
  const columns = view.profile.table.columns.slice(0, sheetColumns(view));
  const header = columns.map(
    ({ name, type }): XlsxCell => ({ value: name, style: styles.id(isNumeric(type) ? 'numberHeader' : 'header') }),
  );
  yield rowXml(header, 1);
  const formats: readonly ValueFormat[] = view.formats;
  let number = 1;
  for await (const rows of readRows(view.tablePath, view.profile.table.columns.length)) {
    signal.throwIfAborted();
    let xml = '';
    for (const row of rows) {
      number += 1;
      xml += rowXml(
        columns.map((_, index) => typedCell(row[index] ?? null, formats[index]!, styles)),
        number,
      );
    }
    yield xml;
  }
}

/** The whole table: one row of headers, then every stored row. */
export function dataSheet(view: ReportView, name: string, styles: WorkbookStyles, signal: AbortSignal): SheetSpec {
  const columns = sheetColumns(view);
  const lastRow = view.profile.table.storedRows + 1;
  return {
    name,
    widths: Array.from({ length: columns }, (_, index) => widthOf(view, index)),
    rows: () => dataRows(view, styles, signal),
    frozen: { rows: 1, columns: 0 },
    filter: { columns, lastRow },
    ...(columns > 0 ? { exactTexts: `A1:${columnLetters(columns - 1)}${lastRow}` } : {}),
    hasGridLines: true,
  };
}
