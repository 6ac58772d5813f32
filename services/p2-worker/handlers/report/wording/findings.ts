import type { ColumnProfile, ReportProfile } from '../../../../../shared/domain/report-profile.ts';
import type { ReportView } from '../input/report-view.ts';
import { firstMetricIndex } from '../input/report-view.ts';
import type { Row } from '../input/table-rows.ts';
import { countOf, countText, percentText } from './number-text.ts';
import { listed, quoted } from './quote.ts';
import { figureText, formatOf, isNumeric, labelText, namesSomething, valueText } from './value-format.ts';

const MOST_FINDINGS = 8;
/** Share of all values that the most frequent one must have to be worth a sentence. */
const DOMINANT_SHARE = 0.5;
/** Distance of mean and median in standard deviations; at most 1 for any distribution. */
const SKEWED_FROM = 0.2;

const names = (columns: readonly ColumnProfile[]) => listed(columns.map((column) => quoted(column.name)));

function scope({ rows, columns }: ReportProfile): string | undefined {
  if (rows.total === 0) return `The source has ${countOf(columns.length, 'column')} and no rows.`;
  if (rows.afterFilter === rows.total) return undefined;
  if (rows.afterFilter === 0) return `The filter keeps none of the ${countOf(rows.total, 'row')}.`;
  return `The filter keeps ${countText(rows.afterFilter)} of ${countOf(rows.total, 'row')} (${percentText(rows.afterFilter, rows.total)}).`;
}

function groupName(view: ReportView, row: Row): string {
  const keys = view.profile.options.group_by.length;
  return row
    .slice(0, keys)
    .map((cell, index) => (cell === null ? '(missing)' : quoted(labelText(cell, view.formats[index]!), 40)))
    .join(' / ');
}

function groups(view: ReportView): string | undefined {
  const metric = firstMetricIndex(view.profile);
  if (!view.extremes || metric === undefined || view.profile.table.storedRows < 2) return undefined;
  const { greatest, least } = view.extremes;
  const shown = (row: Row) => valueText(row[metric] ?? null, view.formats[metric]!);
  const name = quoted(view.profile.table.columns[metric]!.name);
  if (shown(greatest) === shown(least)) return `${name} is ${shown(greatest)} in every group.`;
  const among = view.profile.table.storedRows < view.profile.table.totalRows ? ' among the groups in the table' : '';
  return `${name} is greatest for ${groupName(view, greatest)} (${shown(greatest)}) and least for ${groupName(view, least)} (${shown(least)})${among}.`;
}

function completeness({ columns, rows }: ReportProfile): string | undefined {
  if (rows.afterFilter === 0 || columns.length === 0) return undefined;
  const incomplete = columns.filter((column) => column.nulls > 0);
  if (incomplete.length === 0) return 'No value is missing.';
  const worst = incomplete.reduce((a, b) => (b.nulls > a.nulls ? b : a));
  if (worst.count === 0) return undefined;
  const share = `${countText(worst.nulls)} of ${countText(rows.afterFilter)} rows, ${percentText(worst.nulls, rows.afterFilter)}`;
  if (incomplete.length === 1) return `Only ${quoted(worst.name)} has missing values: ${share}.`;
  return `${countText(incomplete.length)} of ${countOf(columns.length, 'column')} have missing values, ${quoted(worst.name)} the most: ${share}.`;
}

function emptyColumns({ columns, rows }: ReportProfile): string | undefined {
  const empty = rows.afterFilter === 0 ? [] : columns.filter((column) => column.count === 0);
  return empty.length === 0 ? undefined : `${names(empty)} ${empty.length === 1 ? 'holds' : 'hold'} no values at all.`;
}

function constantColumns({ columns }: ReportProfile): string | undefined {
  const constant = columns.filter((column) => column.distinct === 1 && column.count > 1);
  return constant.length === 0
    ? undefined
    : `${names(constant)} ${constant.length === 1 ? 'has' : 'have'} one and the same value throughout.`;
}

function keyColumns({ columns, rows }: ReportProfile): string | undefined {
  const unique = columns.filter(
    ({ type, count, distinct, nulls }) => count > 1 && nulls === 0 && distinct === rows.afterFilter && type !== 'decimal',
  );
  return unique.length === 0 ? undefined : `${names(unique)} ${unique.length === 1 ? 'has' : 'have'} a different value in every row.`;
}

function skewOf({ mean, stddev, quartiles }: ColumnProfile): number {
  return mean === null || !stddev || !quartiles ? 0 : (mean - quartiles.p50) / stddev;
}

function skew({ columns }: ReportProfile): string | undefined {
  const candidates = columns.filter((column) => isNumeric(column.type) && !namesSomething(column));
  const most = candidates.reduce<ColumnProfile | undefined>((a, b) => (a && Math.abs(skewOf(a)) >= Math.abs(skewOf(b)) ? a : b), undefined);
  if (!most || Math.abs(skewOf(most)) < SKEWED_FROM) return undefined;
  const side = skewOf(most) > 0 ? 'right: its mean is above its median' : 'left: its mean is below its median';
  return `${quoted(most.name)} is skewed most to the ${side} (${figureText(most.mean!, most)} against ${figureText(most.quartiles!.p50, most)}).`;
}

function dominant({ columns }: ReportProfile): string | undefined {
  const shareOf = ({ top, count }: ColumnProfile) => (top[0]?.count ?? 0) / Math.max(1, count);
  const candidates = columns.filter((column) => column.distinct > 1 && column.count > 1 && shareOf(column) > DOMINANT_SHARE);
  const most = candidates.reduce<ColumnProfile | undefined>((a, b) => (a && shareOf(a) >= shareOf(b) ? a : b), undefined);
  if (!most) return undefined;
  const { value, count } = most.top[0]!;
  return `${percentText(count, most.count)} of the values of ${quoted(most.name)} are ${quoted(labelText(value, formatOf(most)), 40)}.`;
}

function span({ columns }: ReportProfile): string | undefined {
  const column = columns.find(({ type, min, max }) => (type === 'date' || type === 'timestamp') && min !== null && min !== max);
  if (!column) return undefined;
  return `${quoted(column.name)} runs from ${valueText(column.min, formatOf(column))} to ${valueText(column.max, formatOf(column))}.`;
}

/** True statements about the data, most important first, at most eight; the same for the same profile. */
export function findings(view: ReportView): readonly string[] {
  const { profile } = view;
  const all = [
    scope(profile),
    groups(view),
    completeness(profile),
    emptyColumns(profile),
    span(profile),
    dominant(profile),
    skew(profile),
    constantColumns(profile),
    keyColumns(profile),
  ];
  return all.filter((sentence) => sentence !== undefined).slice(0, MOST_FINDINGS);
}
