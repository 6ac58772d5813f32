import type { Cell, ReportProfile } from '../../../../../shared/domain/report-profile.ts';
import type { Row } from '../input/table-rows.ts';
import { cleanText } from './clean-text.ts';

function* cells(values: readonly Cell[]): Generator<string> {
  for (const value of values) if (typeof value === 'string') yield cleanText(value);
}

/** Every text of a report that comes from outside, cleaned, for choosing fonts. */
export function* reportTexts(profile: ReportProfile, rows: readonly Row[]): Generator<string> {
  const { title, source, columns, table, options, warnings } = profile;
  yield* [title, source.name, ...warnings, ...table.columns.map(({ name }) => name)].map(cleanText);
  for (const filter of options.filter) yield* cells([filter.value ?? null].flat());
  for (const { name, min, max, top } of columns) {
    yield cleanText(name);
    yield* cells([min, max, ...top.map(({ value }) => value)]);
  }
  for (const row of rows) yield* cells(row);
}
