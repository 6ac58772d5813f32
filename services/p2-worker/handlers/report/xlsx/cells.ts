import { cellTextXml } from './xml-text.ts';

/** Most characters (UTF-16 code units) in a cell, columns and rows on a sheet: limits of Excel. */
export const XLSX_LIMITS = { cellCharacters: 32_767, columns: 16_384, rows: 1_048_576 } as const;

/** Integers of more digits than Excel keeps must be texts. */
const MOST_EXACT = 999_999_999_999_999;

/** A cell's content and the number of its style. */
export interface XlsxCell {
  readonly value: number | string | boolean | null;
  readonly style: number;
}

const LETTERS: string[] = [];

/** Letters of a column, from 0: A, B, ..., XFD. */
export function columnLetters(index: number): string {
  const known = LETTERS[index];
  if (known !== undefined) return known;
  let [letters, rest] = ['', index + 1];
  while (rest > 0) {
    letters = String.fromCharCode(65 + ((rest - 1) % 26)) + letters;
    rest = Math.floor((rest - 1) / 26);
  }
  LETTERS[index] = letters;
  return letters;
}

/** True for numbers that Excel shows exactly: integers of up to 15 digits and all decimals (rounded like everywhere). */
export function fitsNumber(value: number): boolean {
  return Number.isFinite(value) && (!Number.isInteger(value) || Math.abs(value) <= MOST_EXACT);
}

/** True for texts that spreadsheet programs would take for a formula if they were typed. */
export function looksLikeFormula(text: string): boolean {
  return /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/.test(text);
}

function cut(text: string): string {
  if (text.length <= XLSX_LIMITS.cellCharacters) return text;
  const head = text.slice(0, XLSX_LIMITS.cellCharacters - 1);
  return `${/[\ud800-\udbff]$/.test(head) ? head.slice(0, -1) : head}…`;
}

/** A cell as XML; texts are stored in place, so that they are never formulas. */
export function cellXml({ value, style }: XlsxCell, column: number, row: number): string {
  const at = `r="${columnLetters(column)}${row}"${style === 0 ? '' : ` s="${style}"`}`;
  if (value === null || value === '') return style === 0 && value === null ? '' : `<c ${at}/>`;
  if (typeof value === 'number') return `<c ${at}><v>${value}</v></c>`;
  if (typeof value === 'boolean') return `<c ${at} t="b"><v>${value ? 1 : 0}</v></c>`;
  return `<c ${at} t="inlineStr"><is><t xml:space="preserve">${cellTextXml(cut(value))}</t></is></c>`;
}

/** A row as XML; `row` counts from 1, `height` in points. */
export function rowXml(cells: readonly XlsxCell[], row: number, height?: number): string {
  let xml = `<row r="${row}"${height === undefined ? '' : ` ht="${height}" customHeight="1"`}>`;
  for (let index = 0; index < cells.length; index += 1) xml += cellXml(cells[index]!, index, row);
  return `${xml}</row>`;
}
