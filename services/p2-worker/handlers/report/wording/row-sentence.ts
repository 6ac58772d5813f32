import type { ReportProfile } from '../../../../../shared/domain/report-profile.ts';
import { countOf, countText } from './number-text.ts';
import { listed } from './quote.ts';

/** What of the table a page shows. */
export interface Shown {
  readonly rows: number;
  readonly columns: number;
}

function fullFiles({ options }: ReportProfile): readonly string[] {
  return (['xlsx', 'csv'] as const).filter((format) => options.formats.includes(format)).map((format) => format.toUpperCase());
}

function whereTheRest(profile: ReportProfile): string {
  const files = fullFiles(profile);
  const { storedRows, totalRows } = profile.table;
  if (files.length === 0) return 'the formats XLSX and CSV, which were not asked for, would have more';
  const verb = `the ${listed(files)} ${files.length === 1 ? 'file has' : 'files have'}`;
  return storedRows === totalRows ? `${verb} all ${countText(storedRows)}` : `${verb} the first ${countText(storedRows)}`;
}

function rowsPart(profile: ReportProfile, { rows }: Shown): string {
  const { storedRows, totalRows, kind } = profile.table;
  const thing = kind === 'groups' ? 'group' : 'row';
  if (totalRows === 0) return kind === 'groups' ? 'There are no groups.' : 'There are no rows.';
  if (rows >= totalRows) return totalRows === 1 ? `The only ${thing} is shown.` : `All ${countOf(totalRows, thing)} are shown.`;
  const first =
    rows === 1
      ? `Showing the first of ${countOf(totalRows, thing)}`
      : `Showing the first ${countText(rows)} of ${countOf(totalRows, thing)}`;
  const limit = storedRows < totalRows ? ` (the report was limited to ${countText(profile.options.limit)})` : '';
  return rows < storedRows ? `${first}; ${whereTheRest(profile)}${limit}.` : `${first}${limit}.`;
}

/** Says which rows and columns of the table are shown and where the others are. */
export function rowSentence(profile: ReportProfile, shown: Shown): string {
  const columns = profile.table.columns.length;
  const sentence = rowsPart(profile, shown);
  if (shown.columns >= columns) return sentence;
  return `${sentence} Of ${countOf(columns, 'column')}, the first ${countText(shown.columns)} are shown.`;
}
