import type { Scene } from '../chart/scene.ts';
import type { PageFlow } from './page-flow.ts';
import { drawScene } from './pdf-scene.ts';
import { COLORS } from './pdf-style.ts';
import type { Tag } from './pdf-tags.ts';

export interface TableColumnStyle {
  readonly header: string;
  /** Points, padding included. */
  readonly width: number;
  readonly align: 'left' | 'right';
}

/** A cell: text, or a drawing of at most the row's height. */
export type TableCell = { readonly text: string; readonly isFaint?: boolean; readonly isStrong?: boolean } | { readonly scene: Scene };

export interface TableStyle {
  readonly size: number;
  /** Lines that a header and a cell may take. */
  readonly headerLines: number;
  readonly cellLines: number;
}

const PADDING = 5;
const LEADING = 1.3;

/** A table that repeats its header on every page. */
export class PdfTable {
  readonly #flow: PageFlow;
  readonly #columns: readonly TableColumnStyle[];
  readonly #style: TableStyle;
  readonly #tag: Tag;
  readonly #headers: readonly (readonly string[])[];

  constructor(flow: PageFlow, columns: readonly TableColumnStyle[], style: TableStyle, parent: Tag) {
    this.#flow = flow;
    this.#columns = columns;
    this.#style = style;
    this.#tag = flow.tags.element('Table', parent);
    this.#headers = columns.map(({ header, width }) =>
      flow.canvas.wrap(header, width - 2 * PADDING, style.size, 'strong', style.headerLines),
    );
    flow.need(this.#heightOf(this.#headers) + 3 * style.size * LEADING);
    this.#header(true);
  }

  row(cells: readonly TableCell[]): void {
    const { size, cellLines } = this.#style;
    const wrapped = cells.map((cell, index) => this.#lines(cell, this.#columns[index]!.width - 2 * PADDING, size, cellLines));
    const height = this.#heightOf(wrapped);
    if (this.#flow.need(height)) this.#header(false);
    const row = this.#flow.tags.element('TR', this.#tag);
    this.#cells(row, cells, wrapped, height);
    row.end();
    this.#flow.y += height;
    this.#rule(COLORS.hair);
  }

  end(): void {
    this.#tag.end();
  }

  #lines(cell: TableCell, width: number, size: number, most: number): readonly string[] {
    if ('scene' in cell || cell.text === '') return [''];
    return this.#flow.canvas.wrap(cell.text, width, size, cell.isStrong ? 'strong' : 'regular', most);
  }

  #heightOf(lines: readonly (readonly string[])[]): number {
    return Math.max(1, ...lines.map((one) => one.length)) * this.#style.size * LEADING + 5;
  }

  #cells(row: Tag, cells: readonly TableCell[], wrapped: readonly (readonly string[])[], height: number): void {
    let x = this.#flow.left;
    cells.forEach((cell, index) => {
      const column = this.#columns[index]!;
      const at = x;
      this.#flow.tags.leaf('TD', row, () => {
        if ('scene' in cell) drawScene(this.#flow.canvas, cell.scene, at + PADDING, this.#flow.y + (height - cell.scene.height) / 2);
        else this.#text(wrapped[index]!, at, column, cell.isFaint ? COLORS.faint : COLORS.ink, cell.isStrong === true);
      });
      x += column.width;
    });
  }

  #text(lines: readonly string[], x: number, { width, align }: TableColumnStyle, color: string, isStrong: boolean): void {
    const { size } = this.#style;
    const anchor = align === 'right' ? 'end' : 'start';
    const at = align === 'right' ? x + width - PADDING : x + PADDING;
    lines.forEach((line, index) => {
      const baseline = this.#flow.y + 2.5 + size * (LEADING * index + 1);
      this.#flow.canvas.text(line, at, baseline, { size, color, anchor, weight: isStrong ? 'strong' : 'regular' });
    });
  }

  /** On later pages the header is only drawn: it is already in the structure. */
  #header(isFirst: boolean): void {
    const height = this.#heightOf(this.#headers);
    const width = this.#columns.reduce((sum, column) => sum + column.width, 0);
    this.#flow.tags.artifact('Layout', () => this.#flow.canvas.rect(this.#flow.left, this.#flow.y, width, height, COLORS.fill));
    const row = isFirst ? this.#flow.tags.element('TR', this.#tag) : undefined;
    let x = this.#flow.left;
    this.#columns.forEach((column, index) => {
      const at = x;
      const draw = () => this.#text(this.#headers[index]!, at, column, COLORS.ink, true);
      if (row) this.#flow.tags.leaf('TH', row, draw, { scope: 'Column' });
      else this.#flow.tags.artifact('Layout', draw);
      x += column.width;
    });
    row?.end();
    this.#flow.y += height;
    this.#rule(COLORS.rule);
  }

  #rule(color: string): void {
    const width = this.#columns.reduce((sum, column) => sum + column.width, 0);
    const { left, y } = this.#flow;
    this.#flow.tags.artifact('Layout', () =>
      this.#flow.canvas.line(
        [
          [left, y],
          [left + width, y],
        ],
        color,
        0.5,
      ),
    );
  }
}
