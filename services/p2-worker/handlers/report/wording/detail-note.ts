import type { ReportProfile } from '../../../../../shared/domain/report-profile.ts';
import { countText } from './number-text.ts';

/** Columns with a section of their own; further ones are in the overview only, so that wide inputs stay readable. */
export const DETAILED_COLUMNS = 60;

/** Says that not all columns have a section of their own, and where the rest is; undefined when all have. */
export function detailNote({ columns, options }: ReportProfile): string | undefined {
  if (columns.length <= DETAILED_COLUMNS) return undefined;
  const shown = `The first ${countText(DETAILED_COLUMNS)} of ${countText(columns.length)} columns are shown in detail; all are in the overview above`;
  return options.formats.includes('xlsx') ? `${shown}, and the XLSX file has the figures of every column.` : `${shown}.`;
}
