import { cleanText } from '../fonts/clean-text.ts';
import { shortened } from '../wording/quote.ts';
import type { PdfCanvas } from './pdf-canvas.ts';
import { COLORS, PAGE } from './pdf-style.ts';
import { PdfTags } from './pdf-tags.ts';

type Layout = 'portrait' | 'landscape';

interface OutlineItem {
  addItem(title: string, options?: { readonly expanded?: boolean; readonly top?: number; readonly left?: number }): OutlineItem;
}

const HEADER_SIZE = 7.5;
const LONGEST_BOOKMARK = 100;

/** Pages one after another: a cursor, page breaks, bookmarks, headers and footers. */
export class PageFlow {
  readonly canvas: PdfCanvas;
  readonly tags: PdfTags;
  readonly #outline: OutlineItem;
  #section: OutlineItem | undefined;
  #layout: Layout = 'portrait';
  /** Where the next content starts. */
  y = 0;

  constructor(canvas: PdfCanvas) {
    this.canvas = canvas;
    this.tags = new PdfTags(canvas.doc);
    this.#outline = canvas.doc.outline as unknown as OutlineItem;
  }

  get left(): number {
    return PAGE.side;
  }

  get width(): number {
    return (this.#layout === 'portrait' ? PAGE.short : PAGE.long) - 2 * PAGE.side;
  }

  get bottom(): number {
    return (this.#layout === 'portrait' ? PAGE.long : PAGE.short) - PAGE.bottom;
  }

  /** True while nothing stands on this page. */
  get isAtTop(): boolean {
    return this.y === PAGE.top;
  }

  /** Room for content on an empty page. */
  get fullHeight(): number {
    return this.bottom - PAGE.top;
  }

  newPage(layout: Layout = this.#layout): void {
    this.#layout = layout;
    this.canvas.doc.addPage({ size: [PAGE.short, PAGE.long], layout, margin: 0 });
    this.y = PAGE.top;
  }

  /** Starts a new page unless `height` fits on this one. @returns true when it did. */
  need(height: number): boolean {
    if (this.y + height <= this.bottom) return false;
    this.newPage();
    return true;
  }

  /** Starts a new page when the layout differs. */
  turn(layout: Layout): void {
    if (layout !== this.#layout) this.newPage(layout);
  }

  /** A bookmark to here; `item` hangs below the last `section`. */
  bookmark(level: 'section' | 'item', title: string): void {
    const parent = level === 'item' ? (this.#section ?? this.#outline) : this.#outline;
    const added = parent.addItem(shortened(cleanText(title), LONGEST_BOOKMARK), { top: Math.max(0, this.y - 14), left: 0 });
    if (level === 'section') this.#section = added;
  }

  /** Draws headers (but on the first page) and footers on all pages. @returns how many pages there are. */
  finish(title: string, footer: string): number {
    const { doc } = this.canvas;
    const { start, count } = doc.bufferedPageRange();
    for (let index = 0; index < count; index += 1) {
      doc.switchToPage(start + index);
      this.tags.artifact('Pagination', () => this.#margins(index + 1, count, title, footer));
    }
    this.tags.root.end();
    return count;
  }

  #margins(number: number, count: number, title: string, footer: string): void {
    const { width, height } = this.canvas.doc.page;
    const [left, right] = [PAGE.side, width - PAGE.side];
    const style = { size: HEADER_SIZE, color: COLORS.soft };
    if (number > 1) {
      this.canvas.text(this.canvas.fit(title, right - left, HEADER_SIZE), left, 34, style);
      this.canvas.line(
        [
          [left, 41],
          [right, 41],
        ],
        COLORS.rule,
      );
    }
    this.canvas.line(
      [
        [left, height - 40],
        [right, height - 40],
      ],
      COLORS.rule,
    );
    this.canvas.text(this.canvas.fit(footer, right - left - 80, HEADER_SIZE), left, height - 28, style);
    this.canvas.text(`Page ${number} of ${count}`, right, height - 28, { ...style, anchor: 'end' });
  }
}
