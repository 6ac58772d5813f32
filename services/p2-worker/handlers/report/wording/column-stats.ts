import type { Cell, ColumnProfile } from '../../../../../shared/domain/report-profile.ts';
import { countText, NO_VALUE, percentText, statText } from './number-text.ts';
import { shortened } from './quote.ts';
import { figureText, formatOf, isNumeric, labelText, narrowText } from './value-format.ts';

/** One line of a column's figures. */
export interface Stat {
  readonly label: string;
  readonly value: string;
}

const LONGEST_VALUE = 80;
/** Characters of a number that fit beside its label. */
const LONGEST_NUMBER = 26;

function value(column: ColumnProfile, cell: Cell): string {
  return cell === null ? NO_VALUE : shortened(labelText(cell, formatOf(column)), LONGEST_VALUE);
}

function figure(column: ColumnProfile, number: number | null | undefined): string {
  return number === null || number === undefined ? NO_VALUE : figureText(number, column);
}

function edge(column: ColumnProfile, cell: Cell): string {
  return cell === null ? NO_VALUE : narrowText(cell, formatOf(column), LONGEST_NUMBER);
}

function numericStats(column: ColumnProfile): readonly Stat[] {
  return [
    { label: 'Mean', value: figure(column, column.mean) },
    { label: 'Std. deviation', value: figure(column, column.stddev) },
    { label: 'Minimum', value: edge(column, column.min) },
    { label: 'Lower quartile', value: figure(column, column.quartiles?.p25) },
    { label: 'Median', value: figure(column, column.quartiles?.p50) },
    { label: 'Upper quartile', value: figure(column, column.quartiles?.p75) },
    { label: 'Maximum', value: edge(column, column.max) },
  ];
}

function lengthStats({ lengths }: ColumnProfile): readonly Stat[] {
  if (!lengths) return [];
  const range = lengths.min === lengths.max ? countText(lengths.min) : `${countText(lengths.min)} to ${countText(lengths.max)}`;
  return [
    { label: 'Characters', value: range },
    { label: 'Mean length', value: statText(lengths.mean, 3) },
  ];
}

function textStats(column: ColumnProfile): readonly Stat[] {
  return [
    { label: 'First in order', value: value(column, column.min) },
    { label: 'Last in order', value: value(column, column.max) },
    ...lengthStats(column),
  ];
}

/** Figures of one column in reading order; missing and distinct first. */
export function columnStats(column: ColumnProfile): readonly Stat[] {
  const rows = column.count + column.nulls;
  const common = [
    { label: 'Missing', value: column.nulls === 0 ? 'none' : `${countText(column.nulls)} (${percentText(column.nulls, rows)})` },
    { label: 'Distinct', value: countText(column.distinct) },
  ];
  if (column.count === 0) return common;
  if (isNumeric(column.type)) return [...common, ...numericStats(column)];
  if (column.type === 'boolean') return common;
  if (column.type === 'text' || column.type === 'nested') return [...common, ...textStats(column)];
  return [...common, { label: 'Earliest', value: value(column, column.min) }, { label: 'Latest', value: value(column, column.max) }];
}

/** A sentence in place of a chart, where a chart would say nothing; undefined where there is something to draw. */
export function insteadOfChart(column: ColumnProfile): string | undefined {
  if (column.count === 0) return 'No values.';
  const first = column.top[0];
  const format = formatOf(column);
  if (column.distinct === 1 && first) return `Every value is ${shortened(labelText(first.value, format), LONGEST_VALUE)}.`;
  if (column.histogram && column.histogram.length > 0) return undefined;
  if (!first) return 'No chart for this type.';
  if (first.count > 1) return undefined;
  const examples = column.top.slice(0, 3).map((top) => shortened(labelText(top.value, format), 40));
  return `Every value is different, for example ${examples.join(', ')}.`;
}
