import type { ColumnProfile } from '../../../../../shared/domain/report-profile.ts';
import { sparkline } from '../chart/column-chart.ts';
import { countText, NO_VALUE, percentText } from '../wording/number-text.ts';
import { TYPE_NAMES } from '../wording/report-facts.ts';
import { figureText, formatOf, narrowText } from '../wording/value-format.ts';
import type { PageFlow } from './page-flow.ts';
import { PdfTable, type TableCell, type TableColumnStyle } from './pdf-table.ts';
import type { Tag } from './pdf-tags.ts';

const SPARK = { width: 36, height: 11 };

/** Characters of a number that fit two lines of a cell. */
const LONGEST_NUMBER = 25;

/** From so many columns on each takes one line only, whatever its name. */
const COMPACT_FROM = 80;

function overviewColumns(count: number): readonly TableColumnStyle[] {
  const number = 14 + 5 * Math.max(2, String(count).length);
  return [
    { header: '#', width: number, align: 'right' },
    { header: 'Column', width: 128 - number, align: 'left' },
    { header: 'Type', width: 52, align: 'left' },
    { header: 'Missing', width: 41, align: 'right' },
    { header: 'Distinct', width: 42, align: 'right' },
    { header: 'Minimum', width: 65, align: 'right' },
    { header: 'Median', width: 61, align: 'right' },
    { header: 'Maximum', width: 65, align: 'right' },
    { header: 'Shape', width: 45, align: 'left' },
  ];
}

function cells(column: ColumnProfile): readonly TableCell[] {
  const format = formatOf(column);
  const hasRange = column.type !== 'text' && column.type !== 'nested' && column.type !== 'boolean';
  const edge = (value: ColumnProfile['min']): TableCell =>
    hasRange && value !== null ? { text: narrowText(value, format, LONGEST_NUMBER) } : { text: NO_VALUE, isFaint: true };
  const spark = sparkline(column, SPARK.width, SPARK.height);
  return [
    { text: String(column.index + 1), isFaint: true },
    { text: column.name, isStrong: true },
    { text: TYPE_NAMES[column.type] },
    column.nulls === 0 ? { text: NO_VALUE, isFaint: true } : { text: percentText(column.nulls, column.nulls + column.count) },
    { text: countText(column.distinct) },
    edge(column.min),
    column.quartiles ? { text: figureText(column.quartiles.p50, column) } : { text: NO_VALUE, isFaint: true },
    edge(column.max),
    spark ? { scene: spark } : { text: '' },
  ];
}

/** All columns, one line each. */
export function columnOverview(flow: PageFlow, columns: readonly ColumnProfile[], parent: Tag): void {
  const cellLines = columns.length >= COMPACT_FROM ? 1 : 2;
  const table = new PdfTable(flow, overviewColumns(columns.length), { size: 7.5, headerLines: 1, cellLines }, parent);
  for (const column of columns) table.row(cells(column));
  table.end();
}
