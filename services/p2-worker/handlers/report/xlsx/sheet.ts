import { columnLetters } from './cells.ts';
import { xmlText } from './xml-text.ts';

/** One sheet of a workbook. */
export interface SheetSpec {
  /** At most 31 characters, none of `[]:*?/\`. */
  readonly name: string;
  /** In characters; columns beyond have the default width. */
  readonly widths: readonly number[];
  /** XML of rows, in order. */
  rows(): AsyncIterable<string> | Iterable<string>;
  /** Rows and columns that stay in view. */
  readonly frozen?: { readonly rows: number; readonly columns: number };
  /** Columns that have a filter in row 1, and the last row that it covers. */
  readonly filter?: { readonly columns: number; readonly lastRow: number };
  readonly merges?: readonly string[];
  /** Ranges with bars in the cells, from 0 to the greatest value, or to `most`. */
  readonly dataBars?: readonly { readonly range: string; readonly most?: number }[];
  readonly links?: readonly { readonly cell: string; readonly sheet: string }[];
  /** Range in which numbers stored as text are meant. */
  readonly exactTexts?: string;
  readonly hasDrawing?: boolean;
  /** Rows after which a printed page ends. */
  readonly pageBreaks?: readonly number[];
  readonly hasGridLines: boolean;
}

const NS =
  'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"';
const BAR_COLOR = 'FF9DBDD3';

/** Reference to a cell or range of a sheet, e.g. `'Top values'!$A$1`. */
export function sheetRef(sheet: string, range: string): string {
  return `'${sheet.replaceAll("'", "''")}'!${range}`;
}

function viewXml({ frozen, hasGridLines }: SheetSpec, isFirst: boolean): string {
  const attributes = `${hasGridLines ? '' : ' showGridLines="0"'}${isFirst ? ' tabSelected="1"' : ''} workbookViewId="0"`;
  if (!frozen) return `<sheetViews><sheetView${attributes}/></sheetViews>`;
  const [x, y] = [frozen.columns, frozen.rows];
  const pane = x > 0 ? 'bottomRight' : 'bottomLeft';
  const at = `${columnLetters(x)}${y + 1}`;
  const split = `${x > 0 ? ` xSplit="${x}"` : ''} ySplit="${y}"`;
  return `<sheetViews><sheetView${attributes}><pane${split} topLeftCell="${at}" activePane="${pane}" state="frozen"/><selection pane="${pane}" activeCell="${at}" sqref="${at}"/></sheetView></sheetViews>`;
}

function columnsXml(widths: readonly number[]): string {
  if (widths.length === 0) return '';
  const columns = widths.map((width, index) => `<col min="${index + 1}" max="${index + 1}" width="${width}" customWidth="1"/>`);
  return `<cols>${columns.join('')}</cols>`;
}

function dataBarXml({ range, most }: { readonly range: string; readonly most?: number }, index: number): string {
  const to = most === undefined ? '<cfvo type="max"/>' : `<cfvo type="num" val="${most}"/>`;
  return `<conditionalFormatting sqref="${range}"><cfRule type="dataBar" priority="${index + 1}"><dataBar><cfvo type="num" val="0"/>${to}<color rgb="${BAR_COLOR}"/></dataBar></cfRule></conditionalFormatting>`;
}

function breaksXml(rows: readonly number[]): string {
  if (rows.length === 0) return '';
  const breaks = rows.map((row) => `<brk id="${row}" max="16383" man="1"/>`);
  return `<rowBreaks count="${rows.length}" manualBreakCount="${rows.length}">${breaks.join('')}</rowBreaks>`;
}

function tailXml(spec: SheetSpec): string {
  const { filter, merges = [], dataBars = [], links = [] } = spec;
  const link = ({ cell, sheet }: { readonly cell: string; readonly sheet: string }) =>
    `<hyperlink ref="${cell}" location="${xmlText(sheetRef(sheet, 'A1'))}" display="${xmlText(sheet)}"/>`;
  return [
    filter && filter.columns > 0 ? `<autoFilter ref="A1:${columnLetters(filter.columns - 1)}${filter.lastRow}"/>` : '',
    merges.length > 0
      ? `<mergeCells count="${merges.length}">${merges.map((ref) => `<mergeCell ref="${ref}"/>`).join('')}</mergeCells>`
      : '',
    ...dataBars.map(dataBarXml),
    links.length > 0 ? `<hyperlinks>${links.map(link).join('')}</hyperlinks>` : '',
    '<pageMargins left="0.5" right="0.5" top="0.6" bottom="0.6" header="0.3" footer="0.3"/>',
    '<pageSetup paperSize="9" orientation="landscape" fitToWidth="1" fitToHeight="0"/>',
    '<headerFooter><oddFooter>&amp;L&amp;A&amp;RPage &amp;P of &amp;N</oddFooter></headerFooter>',
    breaksXml(spec.pageBreaks ?? []),
    spec.exactTexts ? `<ignoredErrors><ignoredError sqref="${spec.exactTexts}" numberStoredAsText="1"/></ignoredErrors>` : '',
    spec.hasDrawing ? '<drawing r:id="rId1"/>' : '',
  ].join('');
}

/** A sheet as XML, piece by piece; memory does not grow with the rows. */
export async function* sheetXml(spec: SheetSpec, isFirst: boolean): AsyncGenerator<string> {
  yield `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<worksheet ${NS}>`;
  yield '<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>';
  yield `${viewXml(spec, isFirst)}<sheetFormatPr defaultRowHeight="14"/>${columnsXml(spec.widths)}<sheetData>`;
  for await (const xml of spec.rows()) yield xml;
  yield `</sheetData>${tailXml(spec)}</worksheet>`;
}
