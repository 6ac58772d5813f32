import type { ReportFilter, ReportMetric, ReportProfile } from '../../../../../shared/domain/report-profile.ts';
import { listed, quoted } from './quote.ts';

const OPERATOR_WORDS = {
  eq: 'is',
  ne: 'is not',
  lt: 'is less than',
  lte: 'is at most',
  gt: 'is greater than',
  gte: 'is at least',
  in: 'is one of',
  contains: 'contains',
  starts_with: 'starts with',
  is_null: 'is missing',
  not_null: 'is present',
} as const;

function filterText({ column, op, value }: ReportFilter): string {
  const shown = (one: unknown) => (typeof one === 'string' ? quoted(one) : String(one));
  const values = value === undefined ? '' : ` ${Array.isArray(value) ? listed(value.map(shown), 8) : shown(value)}`;
  return `${quoted(column)} ${OPERATOR_WORDS[op]}${values}`;
}

function metricText({ fn, column }: ReportMetric): string {
  return column === undefined ? 'count of rows' : `${fn.replace('_', ' ')} of ${quoted(column)}`;
}

/** What was asked for, one sentence each: filter, grouping, metrics, order. Empty for the defaults. */
export function optionSentences({ options }: ReportProfile): readonly string[] {
  const sentences: string[] = [];
  if (options.filter.length > 0) sentences.push(`Only rows where ${listed(options.filter.map(filterText), 12)}.`);
  if (options.group_by.length > 0)
    sentences.push(
      `Grouped by ${listed(
        options.group_by.map((name) => quoted(name)),
        12,
      )}.`,
    );
  if (options.metrics.length > 0) sentences.push(`Computed: ${listed(options.metrics.map(metricText), 12)}.`);
  const order = options.sort.map(({ column, order }) => `${quoted(column)} (${order === 'asc' ? 'ascending' : 'descending'})`);
  if (order.length > 0) sentences.push(`Sorted by ${listed(order, 12)}.`);
  return sentences;
}
