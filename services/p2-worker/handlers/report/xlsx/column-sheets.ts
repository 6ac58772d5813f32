import type { Cell, ColumnProfile, ReportProfile } from '../../../../../shared/domain/report-profile.ts';
import { tickText, timeTickText } from '../chart/ticks.ts';
import { momentOf } from '../wording/moment.ts';
import { TYPE_NAMES } from '../wording/report-facts.ts';
import { formatOf, labelText, type ValueFormat, valueText } from '../wording/value-format.ts';
import { looksLikeFormula, rowXml, type XlsxCell } from './cells.ts';
import type { SheetSpec } from './sheet.ts';
import { typedCell } from './typed-cell.ts';
import type { WorkbookStyles } from './workbook-styles.ts';

/** Rows of one column on a sheet that lists all columns one after another; counted from 1. */
export interface RowSpan {
  readonly first: number;
  readonly last: number;
}

/** A sheet and where on it each column's rows are, by position in the profile. */
export interface ListedSheet {
  readonly spec: SheetSpec;
  readonly spans: ReadonlyMap<number, RowSpan>;
}

type Header = readonly (readonly [name: string, isNumber: boolean])[];

function headerXml(header: Header, styles: WorkbookStyles): string {
  return rowXml(
    header.map(([value, isNumber]) => ({ value, style: styles.id(isNumber ? 'numberHeader' : 'header') })),
    1,
  );
}

const COLUMN_HEADER: Header = [
  ['#', true],
  ['Column', false],
  ['Type', false],
  ['Values', true],
  ['Missing', true],
  ['Missing %', true],
  ['Distinct', true],
  ['Minimum', true],
  ['Lower quartile', true],
  ['Median', true],
  ['Mean', true],
  ['Upper quartile', true],
  ['Maximum', true],
  ['Std. deviation', true],
  ['Shortest (characters)', true],
  ['Longest (characters)', true],
  ['Mean length', true],
];

/** Least or greatest value, on the right like the figures beside it. */
function edgeCell(value: Cell, format: ValueFormat, styles: WorkbookStyles): XlsxCell {
  const cell = typedCell(value, format, styles);
  return typeof cell.value === 'string' && !looksLikeFormula(cell.value) ? { value: cell.value, style: styles.id('exact') } : cell;
}

function columnCells(column: ColumnProfile, styles: WorkbookStyles): readonly XlsxCell[] {
  const rows = column.count + column.nulls;
  const format = formatOf(column);
  const count = (value: number | undefined): XlsxCell => ({ value: value ?? null, style: styles.id('count') });
  const figure = (value: number | null | undefined): XlsxCell => ({ value: value ?? null, style: styles.figure(value ?? 0) });
  const { quartiles, lengths } = column;
  return [
    count(column.index + 1),
    typedCell(column.name, { type: 'text', isGrouped: false }, styles),
    { value: TYPE_NAMES[column.type], style: 0 },
    count(column.count),
    count(column.nulls),
    { value: rows === 0 ? null : column.nulls / rows, style: styles.id('percent') },
    count(column.distinct),
    edgeCell(column.min, format, styles),
    figure(quartiles?.p25),
    figure(quartiles?.p50),
    figure(column.mean),
    figure(quartiles?.p75),
    edgeCell(column.max, format, styles),
    figure(column.stddev),
    count(lengths?.min),
    count(lengths?.max),
    figure(lengths?.mean),
  ];
}

/** One row of figures for every column. */
export function columnsSheet({ columns }: ReportProfile, name: string, styles: WorkbookStyles): SheetSpec {
  const lastRow = columns.length + 1;
  return {
    name,
    widths: [6, 30, 11, 11, 11, 11, 11, 20, 16, 16, 16, 16, 20, 16, 13, 13, 13],
    *rows() {
      yield headerXml(COLUMN_HEADER, styles);
      for (const [index, column] of columns.entries()) yield rowXml(columnCells(column, styles), index + 2);
    },
    frozen: { rows: 1, columns: 2 },
    filter: { columns: COLUMN_HEADER.length, lastRow },
    ...(columns.length > 0 ? { dataBars: [{ range: `F2:F${lastRow}`, most: 1 }], exactTexts: `A1:Q${lastRow}` } : {}),
    hasGridLines: true,
  };
}

interface Listing {
  readonly name: string;
  readonly header: Header;
  readonly widths: readonly number[];
  readonly barColumn: string;
  cellsOf(column: ColumnProfile): readonly (readonly XlsxCell[])[];
}

function listedSheet(columns: readonly ColumnProfile[], listing: Listing, styles: WorkbookStyles): ListedSheet {
  const spans = new Map<number, RowSpan>();
  const blocks = columns.map((column) => listing.cellsOf(column));
  let next = 2;
  for (const [index, block] of blocks.entries()) {
    if (block.length > 0) spans.set(index, { first: next, last: next + block.length - 1 });
    next += block.length;
  }
  const lastRow = Math.max(1, next - 1);
  const spec: SheetSpec = {
    name: listing.name,
    widths: listing.widths,
    *rows() {
      yield headerXml(listing.header, styles);
      let row = 1;
      for (const block of blocks) for (const cells of block) yield rowXml(cells, (row += 1));
    },
    frozen: { rows: 1, columns: 0 },
    filter: { columns: listing.header.length, lastRow },
    ...(lastRow > 1
      ? { dataBars: [{ range: `${listing.barColumn}2:${listing.barColumn}${lastRow}`, most: 1 }], exactTexts: `A1:G${lastRow}` }
      : {}),
    hasGridLines: true,
  };
  return { spec, spans };
}

function nameCell(column: ColumnProfile, styles: WorkbookStyles): XlsxCell {
  return typedCell(column.name, { type: 'text', isGrouped: false }, styles);
}

/** The most frequent values of every column. */
export function topValuesSheet({ columns }: ReportProfile, name: string, styles: WorkbookStyles): ListedSheet {
  const cellsOf = (column: ColumnProfile) =>
    column.top.map(({ value, count }, index): readonly XlsxCell[] => {
      const shown = typedCell(value, formatOf(column), styles);
      return [
        nameCell(column, styles),
        { value: index + 1, style: styles.id('rank') },
        value === '' ? { value: labelText(value, formatOf(column)), style: styles.id('soft') } : shown,
        { value: count, style: styles.id('count') },
        { value: count / Math.max(1, column.count), style: styles.id('percent') },
      ];
    });
  const header: Header = [
    ['Column', false],
    ['Rank', true],
    ['Value', false],
    ['Count', true],
    ['Share', true],
  ];
  return listedSheet(columns, { name, header, widths: [30, 8, 44, 12, 14], barColumn: 'E', cellsOf }, styles);
}

/** A bound in little room, for the axis of a chart. */
export function axisLabel(bound: number | string, column: ColumnProfile): string {
  if (typeof bound === 'number') return tickText(bound);
  const moments = column.histogram!.flatMap(({ lower, upper }) => [momentOf(String(lower)), momentOf(String(upper))]);
  const [first, last, at] = [moments[0], moments.at(-1), momentOf(bound)];
  return first === undefined || last === undefined || at === undefined ? bound : timeTickText(at, last - first);
}

/** The histogram bins of every column that has some. */
export function histogramsSheet({ columns }: ReportProfile, name: string, styles: WorkbookStyles): ListedSheet {
  const cellsOf = (column: ColumnProfile) =>
    (column.histogram ?? []).map((bin): readonly XlsxCell[] => {
      const format = formatOf(column);
      return [
        nameCell(column, styles),
        { value: `${valueText(bin.lower, format)} to ${valueText(bin.upper, format)}`, style: 0 },
        typedCell(bin.lower, format, styles),
        typedCell(bin.upper, format, styles),
        { value: bin.count, style: styles.id('count') },
        { value: bin.count / Math.max(1, column.count), style: styles.id('percent') },
        { value: axisLabel(bin.lower, column), style: styles.id('soft') },
      ];
    });
  const header: Header = [
    ['Column', false],
    ['Bin', false],
    ['From', true],
    ['To', true],
    ['Count', true],
    ['Share', true],
    ['Axis label', false],
  ];
  return listedSheet(columns, { name, header, widths: [30, 34, 18, 18, 12, 14, 12], barColumn: 'F', cellsOf }, styles);
}
