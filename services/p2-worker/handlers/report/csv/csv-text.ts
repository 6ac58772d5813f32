import type { Cell, ColumnType } from '../../../../../shared/domain/report-profile.ts';

/** So that Excel reads the file as UTF-8; other readers skip it. */
export const BYTE_ORDER_MARK = '\ufeff';
/** Line end of RFC 4180. */
export const LINE_END = '\r\n';

/** Starts that make a spreadsheet program take a text for a formula (OWASP, CSV injection), full-width forms too. */
const FORMULA_START = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;
const PLAIN_NUMBER = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;
const NEEDS_QUOTES = /[",\r\n]/;

function quotedField(text: string): string {
  return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A text as a field: quoted where it must be, and never a formula: one apostrophe is put before what could be one. */
export function textField(text: string): string {
  return quotedField(FORMULA_START.test(text) ? `'${text}` : text);
}

/** A value as a field. Numbers stay numbers, exact ones carried as text too; null is an empty field. */
export function csvField(value: Cell, type: ColumnType): string {
  if (value === null || value === undefined) return '';
  if (typeof value !== 'string') return String(value);
  const isNumber = (type === 'integer' || type === 'decimal') && PLAIN_NUMBER.test(value);
  return isNumber ? value : textField(value);
}
