import { magnitudeOf } from '../wording/number-text.ts';
import { type CellStyle, StyleBook } from './style-book.ts';

const INK = '1C2733';
const SOFT = '5A6876';
const ACCENT = '1D5D8C';
const MOST_DECIMALS = 8;

const STYLES = {
  plain: {},
  title: { size: 18, isBold: true, color: INK },
  heading: { size: 12, isBold: true, color: ACCENT },
  label: { color: SOFT },
  soft: { color: SOFT },
  strong: { isBold: true },
  header: { isBold: true, fill: 'E9EFF4', hasRule: true, isWrapped: true, color: INK },
  numberHeader: { isBold: true, fill: 'E9EFF4', hasRule: true, isWrapped: true, color: INK, align: 'right' },
  wrapped: { isWrapped: true },
  link: { color: '0563C1' },
  bigCount: { format: '#,##0', isBold: true, size: 12, align: 'left', color: ACCENT },
  bigPercent: { format: '0.0%', isBold: true, size: 12, align: 'left', color: ACCENT },
  count: { format: '#,##0' },
  percent: { format: '0.0%' },
  date: { format: 'yyyy\\-mm\\-dd', align: 'left' },
  timestamp: { format: 'yyyy\\-mm\\-dd\\ hh:mm:ss', align: 'left' },
  fineTimestamp: { format: 'yyyy\\-mm\\-dd\\ hh:mm:ss.000', align: 'left' },
  time: { format: 'hh:mm:ss', align: 'left' },
  integer: { format: '#,##0' },
  ungroupedInteger: { format: '0' },
  decimal: { format: 'General' },
  exact: { align: 'right' },
  rank: { format: '0', align: 'center' },
  quoted: { isQuoted: true },
} as const satisfies Record<string, CellStyle>;

export type StyleName = keyof typeof STYLES;

/** The styles of a report's workbook by name, and number formats with so many decimals. */
export class WorkbookStyles {
  readonly book = new StyleBook();
  readonly #ids = new Map<string, number>();

  constructor() {
    for (const [name, style] of Object.entries(STYLES)) this.#ids.set(name, this.book.idOf(style));
  }

  id(name: StyleName): number {
    return this.#ids.get(name)!;
  }

  /** Style that shows about five digits of a figure; its value is kept whole. */
  figure(value: number): number {
    const decimals = Number.isInteger(value) ? 0 : Math.max(0, 4 - magnitudeOf(value));
    return decimals > MOST_DECIMALS || Math.abs(value) >= 1e15 ? this.id('decimal') : this.decimals(decimals, true);
  }

  /** Style of decimals that are shown with `decimals` of them. */
  decimals(decimals: number, isGrouped: boolean): number {
    return this.book.idOf({ format: `${isGrouped ? '#,##0' : '0'}${decimals > 0 ? `.${'0'.repeat(decimals)}` : ''}` });
  }
}
