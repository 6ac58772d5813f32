import { xmlText } from './xml-text.ts';

/** How a cell looks. Absent: plain. */
export interface CellStyle {
  /** Number format code, e.g. `#,##0.00`. */
  readonly format?: string;
  readonly size?: number;
  readonly isBold?: boolean;
  /** RRGGBB. */
  readonly color?: string;
  readonly fill?: string;
  readonly align?: 'left' | 'right' | 'center';
  readonly isWrapped?: boolean;
  readonly hasRule?: boolean;
  /** The text stays text when someone edits the cell, even if it starts like a formula. */
  readonly isQuoted?: boolean;
}

const BASE_SIZE = 10;
const FIRST_CUSTOM_FORMAT = 164;
const NS = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';

/** Numbers the distinct parts that are asked for, in the order of asking. */
class Register {
  readonly #ids = new Map<string, number>();

  constructor(...first: readonly string[]) {
    for (const xml of first) this.idOf(xml);
  }

  idOf(xml: string): number {
    const known = this.#ids.get(xml);
    if (known !== undefined) return known;
    this.#ids.set(xml, this.#ids.size);
    return this.#ids.size - 1;
  }

  list(): readonly string[] {
    return [...this.#ids.keys()];
  }
}

function fontXml({ size = BASE_SIZE, isBold, color }: CellStyle): string {
  return `<font>${isBold ? '<b/>' : ''}<sz val="${size}"/>${color ? `<color rgb="FF${color}"/>` : ''}<name val="Calibri"/><family val="2"/></font>`;
}

function fillXml({ fill }: CellStyle): string {
  return fill
    ? `<fill><patternFill patternType="solid"><fgColor rgb="FF${fill}"/><bgColor indexed="64"/></patternFill></fill>`
    : '<fill><patternFill patternType="none"/></fill>';
}

function borderXml({ hasRule }: CellStyle): string {
  const bottom = hasRule ? '<bottom style="thin"><color rgb="FFD5DCE3"/></bottom>' : '<bottom/>';
  return `<border><left/><right/><top/>${bottom}<diagonal/></border>`;
}

function alignmentXml({ align, isWrapped }: CellStyle): string {
  if (!align && !isWrapped) return '';
  return `<alignment${align ? ` horizontal="${align}"` : ''}${isWrapped ? ' vertical="top"' : ''}${isWrapped ? ' wrapText="1"' : ''}/>`;
}

/** The styles of a workbook: cells name them by number; written last, when all are known. */
export class StyleBook {
  readonly #formats = new Register();
  readonly #fonts = new Register(fontXml({}));
  readonly #fills = new Register(fillXml({}), '<fill><patternFill patternType="gray125"/></fill>');
  readonly #borders = new Register(borderXml({}));
  readonly #cells = new Register();

  constructor() {
    this.idOf({});
  }

  idOf(style: CellStyle): number {
    const format = style.format === undefined ? 0 : FIRST_CUSTOM_FORMAT + this.#formats.idOf(style.format);
    const [font, fill, border] = [this.#fonts.idOf(fontXml(style)), this.#fills.idOf(fillXml(style)), this.#borders.idOf(borderXml(style))];
    const alignment = alignmentXml(style);
    const applied = `${format ? ' applyNumberFormat="1"' : ''}${font ? ' applyFont="1"' : ''}${fill ? ' applyFill="1"' : ''}${border ? ' applyBorder="1"' : ''}${alignment ? ' applyAlignment="1"' : ''}`;
    const ids = `numFmtId="${format}" fontId="${font}" fillId="${fill}" borderId="${border}" xfId="0"${style.isQuoted ? ' quotePrefix="1"' : ''}${applied}`;
    return this.#cells.idOf(alignment ? `<xf ${ids}>${alignment}</xf>` : `<xf ${ids}/>`);
  }

  xml(): string {
    const list = (tag: string, items: readonly string[]) => `<${tag} count="${items.length}">${items.join('')}</${tag}>`;
    const formats = this.#formats
      .list()
      .map((code, index) => `<numFmt numFmtId="${FIRST_CUSTOM_FORMAT + index}" formatCode="${xmlText(code)}"/>`);
    return [
      `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<styleSheet xmlns="${NS}">`,
      formats.length > 0 ? list('numFmts', formats) : '',
      list('fonts', this.#fonts.list()),
      list('fills', this.#fills.list()),
      list('borders', this.#borders.list()),
      '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>',
      list('cellXfs', this.#cells.list()),
      '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>',
      '<dxfs count="0"/><tableStyles count="0" defaultTableStyle="TableStyleMedium9" defaultPivotStyle="PivotStyleLight16"/></styleSheet>',
    ].join('');
  }
}
