import { z } from 'zod';
import type { FilterOperator, MetricFunction, ReportFormat, ReportMetric, ReportOptions } from '../domain/report-profile.ts';

const MOST_ROWS = 100_000;
const LONGEST_TEXT = 10_000;
const UPLOAD_ID = /^[A-Za-z0-9_-]{8,64}$/;

const FORMATS = ['pdf', 'xlsx', 'html', 'csv'] as const satisfies readonly ReportFormat[];
const OPERATORS = [
  'eq',
  'ne',
  'lt',
  'lte',
  'gt',
  'gte',
  'in',
  'contains',
  'starts_with',
  'is_null',
  'not_null',
] as const satisfies readonly FilterOperator[];
const FUNCTIONS = ['count', 'count_distinct', 'sum', 'mean', 'min', 'max', 'median', 'stddev'] as const satisfies readonly MetricFunction[];

/** A report as it may be asked for: inline rows, and what is done with them. */
export const REPORT_EXAMPLE = {
  input: {
    rows: [
      { city: 'Wien', price: 10 },
      { city: 'Graz', price: 7.5 },
      { city: 'Wien', price: 12 },
    ],
  },
  options: {
    title: 'Prices',
    group_by: ['city'],
    metrics: [{ fn: 'mean', column: 'price' }],
    sort: [{ column: 'mean(price)', order: 'desc' }],
    formats: ['html', 'csv'],
  },
};

const columnName = z.string().min(1).max(1_000).describe('Name of a column, as in the header.');
const scalar = z.union([z.number(), z.string().max(LONGEST_TEXT), z.boolean()]);

/** What the operator needs of `value`; undefined when it is met. */
function valueProblem(op: FilterOperator, value: unknown): string | undefined {
  if (op === 'is_null' || op === 'not_null') return value === undefined ? undefined : `must be left out with ${op}`;
  if (value === undefined) return `is required with ${op}`;
  if (op === 'in') return Array.isArray(value) ? undefined : 'must be an array with in';
  if (Array.isArray(value)) return `must be a single value with ${op}; use in for several`;
  if (op === 'contains' || op === 'starts_with') return typeof value === 'string' ? undefined : `must be a string with ${op}`;
  return undefined;
}

const filter = z
  .strictObject({
    column: columnName,
    op: z.enum(OPERATORS),
    value: z.union([z.number(), z.string().max(LONGEST_TEXT), z.boolean(), z.array(scalar).min(1).max(1_000)]).optional(),
  })
  .superRefine(({ op, value }, context) => {
    const message = valueProblem(op, value);
    if (message) context.addIssue({ code: 'custom', path: ['value'], message });
  })
  .describe('A condition on one column. `value` is left out with is_null and not_null, and an array with in.');

const metric = z
  .strictObject({ fn: z.enum(FUNCTIONS), column: columnName.optional(), as: z.string().min(1).max(200).optional() })
  .superRefine(({ fn, column }, context) => {
    if (fn !== 'count' && column === undefined) context.addIssue({ code: 'custom', path: ['column'], message: `is required with ${fn}` });
  })
  .describe('An aggregate. `column` may be left out with count only (all rows); `as` is the header in the result, default `fn(column)`.');

const sort = z.strictObject({ column: columnName, order: z.enum(['asc', 'desc']).default('asc') });

/** Header of a metric in the result. */
export function metricName({ as, fn, column }: ReportMetric): string {
  return as ?? (column === undefined ? fn : `${fn}(${column})`);
}

function firstTwice(names: readonly string[]): number {
  return names.findIndex((name, index) => names.indexOf(name) !== index);
}

/** Options of a `report` job: `ReportOptions` with defaults filled in. */
export const reportOptions = z
  .strictObject({
    title: z.string().min(1).max(200).optional().describe('Heading of the report; default: name of the upload.'),
    filter: z.array(filter).max(50).default([]).describe('Rows kept: all conditions must hold.'),
    group_by: z.array(columnName).max(20).default([]),
    metrics: z.array(metric).max(50).default([]),
    sort: z.array(sort).max(20).default([]),
    limit: z.int().min(1).max(100_000).default(1_000).describe('Rows in the table.'),
    formats: z
      .array(z.enum(FORMATS))
      .min(1)
      .max(FORMATS.length)
      .default([...FORMATS]),
  })
  .superRefine(({ group_by, metrics, formats }, context) => {
    const headers = [...group_by, ...metrics.map((one) => metricName(one as ReportMetric))];
    const repeated = firstTwice(headers);
    if (repeated >= 0) {
      const path = repeated < group_by.length ? ['group_by', repeated] : ['metrics', repeated - group_by.length];
      context.addIssue({ code: 'custom', path, message: `makes a second column ${JSON.stringify(headers[repeated])}` });
    }
    const format = firstTwice(formats);
    if (format >= 0) context.addIssue({ code: 'custom', path: ['formats', format], message: 'is there twice' });
  })
  .meta({ id: 'ReportOptions', examples: [REPORT_EXAMPLE.options] });

/** Rows that came with the request. Cells may be any JSON value; nested ones are shown as JSON text. */
const rows = z
  .array(z.looseObject({}).describe('One row: column name → value.'))
  .min(1)
  .max(MOST_ROWS)
  .describe('Inline rows. The columns are those of all rows together.');

/** Input of a `report` job: inline rows or an upload, exactly one of them. */
export const reportInput = z
  .strictObject({ rows: rows.optional(), upload_id: z.string().regex(UPLOAD_ID, 'must be the id of an upload').optional() })
  .superRefine((input, context) => {
    const given = [input.rows, input.upload_id].filter((part) => part !== undefined).length;
    if (given !== 1) context.addIssue({ code: 'custom', message: 'must have exactly one of rows and upload_id' });
  })
  .meta({ id: 'ReportInput', oneOf: [{ required: ['rows'] }, { required: ['upload_id'] }], examples: [REPORT_EXAMPLE.input] });

/** Compiles only while the schema's output is what the handlers are given. */
export const reportOptionsOf = (options: z.output<typeof reportOptions>): ReportOptions => options as ReportOptions;
