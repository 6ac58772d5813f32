import type { Cell } from '../../../../../shared/domain/report-profile.ts';
import type { ValueFormat } from '../wording/value-format.ts';
import { fitsNumber, looksLikeFormula, type XlsxCell } from './cells.ts';
import { excelSerial, excelTime } from './excel-time.ts';
import type { WorkbookStyles } from './workbook-styles.ts';

const FRACTION = /\.\d*[1-9]/;

function numberStyle(value: number, { type, isGrouped, decimals }: ValueFormat, styles: WorkbookStyles): number {
  if (type === 'decimal') return decimals === undefined ? styles.id('decimal') : styles.decimals(decimals, isGrouped);
  return Number.isInteger(value) ? styles.id(isGrouped ? 'integer' : 'ungroupedInteger') : styles.id('decimal');
}

function numberCell(value: number, format: ValueFormat, styles: WorkbookStyles): XlsxCell {
  if (fitsNumber(value)) return { value, style: numberStyle(value, format, styles) };
  return { value: String(value), style: styles.id('exact') };
}

function timeCell(value: string, { type }: ValueFormat, styles: WorkbookStyles): XlsxCell | undefined {
  if (type === 'time') {
    const fraction = excelTime(value);
    return fraction === undefined ? undefined : { value: fraction, style: styles.id('time') };
  }
  const serial = type === 'date' || type === 'timestamp' ? excelSerial(value) : undefined;
  if (serial === undefined) return undefined;
  return { value: serial, style: styles.id(type === 'date' ? 'date' : FRACTION.test(value) ? 'fineTimestamp' : 'timestamp') };
}

function textCell(value: string, styles: WorkbookStyles): XlsxCell {
  return { value, style: styles.id(looksLikeFormula(value) ? 'quoted' : 'plain') };
}

/** A value of the data as a cell of its own type; what a spreadsheet cannot hold exactly becomes text. */
export function typedCell(value: Cell, format: ValueFormat, styles: WorkbookStyles): XlsxCell {
  if (value === null || value === undefined) return { value: null, style: 0 };
  if (typeof value === 'number') return numberCell(value, format, styles);
  if (typeof value === 'boolean') return { value, style: 0 };
  const time = timeCell(value, format, styles);
  if (time) return time;
  if (format.type === 'integer' || format.type === 'decimal') return { value, style: styles.id('exact') };
  return textCell(value, styles);
}
