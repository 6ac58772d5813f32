import type { ReportProfile } from '../../../../../shared/domain/report-profile.ts';
import { countOf } from './number-text.ts';

/** How the figures were computed: only notes that apply to this report. */
export function methodNotes({ columns, rows }: ReportProfile): readonly string[] {
  const notes = [
    `Counts, missing values and distinct values are exact and cover ${countOf(rows.afterFilter, 'row')}. Distinct values do not count missing ones.`,
  ];
  if (columns.some((column) => column.quartiles))
    notes.push(
      'Quartiles are linear interpolations between ordered values (Hyndman and Fan, definition 7: the default of R, NumPy and Excel’s QUARTILE.INC).',
    );
  if (columns.some((column) => column.stddev !== null)) notes.push('Standard deviation is that of a sample (divisor n − 1).');
  if (columns.some((column) => column.histogram))
    notes.push('A histogram bar counts values from its lower bound up to, but not including, its upper bound; the last bar includes both.');
  notes.push('Most frequent values are in order of frequency, equal ones in order of value; texts longer than 200 characters are cut.');
  notes.push('Figures in the text are rounded to five significant digits; integers of up to 19 digits are exact.');
  return notes;
}
