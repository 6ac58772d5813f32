import type { ReportProfile } from '../../../../../shared/domain/report-profile.ts';
import { countText } from '../wording/number-text.ts';
import { XLSX_LIMITS } from './cells.ts';

const FIRST_DAY = '1900-03-01';

/** What this workbook holds differently from the data, because spreadsheets cannot hold it: only notes that apply. */
export function workbookNotes({ columns, table }: ReportProfile): readonly string[] {
  const notes: string[] = [];
  if (columns.some(({ type, min, max }) => type === 'integer' && [min, max].some((edge) => Math.abs(Number(edge ?? 0)) >= 1e15)))
    notes.push('Integers of more than 15 digits are stored as text, since spreadsheets would round them.');
  if (columns.some(({ type, min }) => (type === 'date' || type === 'timestamp') && min !== null && String(min) < FIRST_DAY))
    notes.push('Dates before 1 March 1900 are stored as text, since spreadsheets have no such days.');
  if (columns.some(({ lengths }) => (lengths?.max ?? 0) > XLSX_LIMITS.cellCharacters))
    notes.push(`Texts are cut at ${countText(XLSX_LIMITS.cellCharacters)} characters, the most that a cell can hold.`);
  if (table.columns.length > XLSX_LIMITS.columns)
    notes.push(`Only the first ${countText(XLSX_LIMITS.columns)} of ${countText(table.columns.length)} columns fit on a sheet.`);
  return notes;
}
